// The start: one `taggate` for all containers of the page, the calls made before it, the first page view.

import { booted, commands, gate, guarded, keys, listen, now, opening, run, starting, withdrawing } from './core.js';
import { view } from './queue.js';
import { flush } from './send.js';

const { n: name } = config;
let shared = window.taggate;

// Calls are kept so that a second container, loading later, hears them too.
if (!shared || !shared.containers) {
  const calls = (shared && shared.q) || [];
  shared = window.taggate = function () {
    if (calls.length < 100) calls.push(arguments);
    keys(shared.containers).map((each) => shared.containers[each](arguments));
  };
  shared.q = calls;
  shared.containers = {};
}

const obey = guarded(([command, ...given]) => commands[command](...given));

// What says who is here and what they allow comes before the first page view, the other calls after it.
const boot = () => {
  if (now.ready_) return;
  const { q: calls } = shared;
  let at = 0;
  run(starting);
  while (at < calls.length && /^(identify|reset|consent)$/.test((calls[at] || '')[0])) obey(calls[at++]);
  if (!gate.counts_()) guarded(view)();
  run(opening);
  while (at < calls.length) obey(calls[at++]);
  run(booted);
  now.ready_ = 1;
  withdrawing.push(() => (calls.length = 0));
  shared.containers[name] = obey;
  flush();
};

if (!shared.containers[name]) {
  shared.containers[name] = () => {};
  if (document.prerendering) listen(document, 'prerenderingchange', boot);
  else boot();
}
