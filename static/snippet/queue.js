// Hits: made when something happens, kept in memory, written out as they may leave at the moment of sending.

import { commands, gate, hex, keys, may, now, refreshing, run, stamping, viewing } from './core.js';
import { copy, isMap, texts, write } from './json.js';
import { schedule } from './send.js';

export const CAP = 100;
export const queue = [];

// Addresses never hold a user and password. (An element can stand in for `referrer`.)
export const address = (url) => url.replace && gate.address_(url.replace(/^([a-z]+:\/\/)[^/?#\\]*@/i, '$1'));

// `open_` is for anyone, but for what is found in it; `mine_` is personal: group, name, value, states.
export const make = (event, fields) => {
  const details = copy(fields);
  const hit = {
    open_: {
      event,
      id: hex(), // a UUID without its dashes
      at: Date.now(),
      url: address(location.href),
      title: copy(document.title),
      referrer: address(now.referrer_),
      language: copy(navigator.language),
      page: now.page_,
    },
    mine_: [],
  };
  if (isMap(details) && keys(details)[0]) hit.open_.fields = details;
  run(stamping, hit);
  return hit;
};

// A value in a hit, in one of its groups or by itself; with `states` only where consent is in one of these.
export const put = (hit, group, name, value, states) => {
  if (states) hit.mine_.push([group, name, value, states]);
  else (hit.open_[group] ||= {})[name] = value;
};

export const enqueue = (hit) => {
  if (now.ended_) hit.open_.reset = true;
  now.ended_ = 0;
  queue.push(hit);
  trim();
  schedule();
};

// Over the cap the second oldest goes: the first is the page view with which the visit began.
export const trim = () => {
  while (queue.length > CAP) if (queue.splice(1, 1)[0].open_.reset) queue[1].open_.reset = true;
};

export const happen = (event, fields) => {
  if (typeof event != 'string') return;
  run(refreshing);
  enqueue(make(event, fields));
};

// `bare`: for storage, where nothing personal and no page number is kept.
export const render = (hit, bare) => {
  const leaving = bare ? [] : hit.mine_.filter((item) => may(item[3]));
  const clean = gate.clean_(leaving.flatMap((item) => texts(item[2])));
  const body = { ...clean(hit.open_) };
  leaving.map(([group, name, value]) => ((group ? (body[group] ||= {}) : body)[name] = value));
  if (bare) body.user_id = body.page = undefined;
  else gate.claim_(body);
  return write(body);
};

// A fragment counts only where it is a path of its own: #/cart, #!/cart.
export const place = (url) => url.replace(/#(?![!/]).*/s, '');

export const view = (event, fields) => {
  const here = location.href;
  if (place(now.shown_) != place(here)) now.referrer_ = now.shown_;
  now.shown_ = here;
  run(viewing);
  happen(event || 'page_view', fields);
};

commands.event = happen;
commands.page = () => view();
