// The start: one `taggate` for all containers of the page, the calls made before it, the first page view.

import { booted, commands, gate, guarded, keys, listen, now, opening, run, starting, withdrawing } from './core.js';
import { view } from './queue.js';
import { base, flush } from './send.js';

const { n: container } = config;
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

const obey = guarded((call) => commands[call[0]](call[1], call[2]));

// What says who is here and what they allow comes before the first page view, the other calls after it.
const boot = () => {
  if (now.ready_) return;
  now.shown_ = location.href;
  let opened;
  const open = () => {
    if (opened) return;
    opened = 1;
    if (!gate.counts_()) guarded(view)();
    run(opening);
  };
  run(starting);
  for (const call of shared.q) {
    if (!/^(identify|reset|consent)$/.test((call || '')[0])) open();
    obey(call);
  }
  open();
  run(booted);
  now.ready_ = 1;
  withdrawing.push(() => (shared.q.length = 0));
  shared.containers[container] = obey;
  flush();
};

// A preview is loaded for those who ask for it, in the address or in their tab; where there is none, all goes on as ever.
commands.preview = (token) => import(base + '/preview/' + container).then((found) => found.run(boot, token), boot);
const first = /taggate_preview/.test(location.href + name) ? commands.preview : boot;

if (!shared.containers[container]) {
  shared.containers[container] = () => {};
  if (document.prerendering) listen(document, 'prerenderingchange', first);
  else first();
}
