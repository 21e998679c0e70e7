// The page changes its own address.

import { listen } from './core.js';
import { sources } from './events.js';
import { address } from './queue.js';
import { wrap } from './wrap.js';

sources.history = (fire) => {
  let last = location.href;
  const tell = (action) => {
    const old = last;
    last = location.href;
    if (old != last) fire({ action, old: address(old), new: address(last) });
  };
  ['push', 'replace'].map((action) => wrap(window.history, action + 'State', () => tell(action)));
  // Both come when only the fragment changes.
  listen(window, 'popstate', () => last.split('#')[0] != location.href.split('#')[0] && tell('pop'));
  listen(window, 'hashchange', () => tell('hash'));
};
