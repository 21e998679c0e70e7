// Hits: made when something happens, kept in memory, written out as they may leave at the moment of sending.

import { commands, gate, hex, may, refreshing, run, stamping, viewing } from './core.js';
import { copy, isMap, write } from './json.js';
import { schedule } from './send.js';

// Each as it is sent, and when it was, while nobody has answered.
export const queue = new Map();
export const hits = () => [...queue.keys()];

// As it may leave.
gate.address_ = (url) => url;
export const address = (url) => gate.address_(url);

// A value that is told only where consent is in one of these states, and never stored; `all` looks at it anyway. What is held
// when somebody leaves is told no longer: the consent that lets it go may be another's.
export const mine = (value, states, era = gate.era_) => (all) => (all || (may(states) && (!states || era == gate.era_)) ? value : undefined);

// A value in a hit, in one of its groups.
export const put = (hit, group, name, value, states) => ((hit[group] ||= {})[name] = states ? mine(value, states) : value);

export const make = (event, fields) => {
  const hit = {
    event,
    id: hex(), // a UUID without its dashes
    url: address(location.href),
    // An element can stand in for these two.
    title: copy(document.title),
    referrer: address(copy(gate.referrer_)),
    page: mine(gate.page_, ''),
    fields: [copy(fields)].find(isMap),
  };
  run(stamping, hit);
  return hit;
};

// Over the cap the second oldest goes: the first is the page view with which the visit began.
export const add = (hit) => {
  queue.set(hit, 0);
  const [, second, third] = hits();
  if (queue.size > 100) {
    queue.delete(second);
    third.reset ||= second.reset;
  }
  schedule();
};

// What was pushed before the snippet is not older than the page view before it: who signs in with that was another until then.
export const enqueue = (hit) => {
  hit.reset = gate.ended_;
  hit.at = Date.now();
  gate.ended_ = undefined;
  add(hit);
};

export const happen = (event, fields) => {
  if (typeof event != 'string') return;
  run(refreshing);
  enqueue(make(event, fields));
};

gate.write_ = write;
export const render = (hit) => gate.write_({ ...hit, ...gate.claim_?.() });

// A fragment counts only where it is a path of its own: #/cart, #!/cart. An application's #/ is where it began.
export const place = (url) => (url.includes('#') ? url.split(/#(?![!/]+[^!/])/)[0] : url);

export const moved = () => place(gate.shown_) != place(location.href);

export const view = (event = 'page_view', fields) => {
  if (moved()) gate.referrer_ = gate.shown_;
  gate.shown_ = location.href;
  run(viewing);
  happen(event, fields);
};

commands.event = happen;
commands.page = () => view();
