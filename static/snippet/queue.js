// Hits: made when something happens, kept in memory, written out as they may leave at the moment of sending.

import { commands, gate, hex, may, now, refreshing, run, stamping, viewing } from './core.js';
import { copy, isMap, write } from './json.js';
import { schedule } from './send.js';

export const queue = new Set();

// As it may leave.
export const address = (url) => gate.address_?.(url) ?? url;

// `open_` is for anyone, but for what is found in it; `mine_` is personal: group, name, value, states; `sent_` is when
// it was sent, while nobody has answered.
export const make = (event, fields) => {
  const details = copy(fields);
  const hit = {
    open_: {
      event,
      id: hex(), // a UUID without its dashes
      at: Date.now(),
      url: address(location.href),
      // An element can stand in for these two.
      title: copy(document.title),
      referrer: address(copy(now.referrer_)),
      page: now.page_,
      fields: isMap(details) ? details : undefined,
    },
    mine_: [],
  };
  run(stamping, hit);
  return hit;
};

// A value in a hit, in one of its groups or by itself; with `states` only where consent is in one of these.
export const put = (hit, group, name, value, states) => {
  if (states) hit.mine_.push([group, name, value, states]);
  else (hit.open_[group] ||= {})[name] = value;
};

// Over the cap the second oldest goes: the first is the page view with which the visit began.
export const add = (hit) => {
  queue.add(hit);
  const [, second, third] = queue;
  if (queue.size > 100) {
    queue.delete(second);
    third.open_.reset ||= second.open_.reset;
  }
  schedule();
};

export const enqueue = (hit) => {
  hit.open_.reset = now.ended_;
  now.ended_ = undefined;
  add(hit);
};

export const happen = (event, fields) => {
  if (typeof event != 'string') return;
  run(refreshing);
  enqueue(make(event, fields));
};

// `bare`: for storage, where nothing personal and no page number is kept.
export const render = (hit, bare) => {
  const mine = bare ? [] : hit.mine_.filter((item) => may(item[3]));
  const body = gate.clean_?.(hit.open_, mine) || { ...hit.open_ };
  mine.map(([group, name, value]) => ((group ? (body[group] ||= {}) : body)[name] = value));
  if (bare) body.user_id = body.page = undefined;
  else gate.claim_?.(body);
  return write(body);
};

// A fragment counts only where it is a path of its own: #/cart, #!/cart. An application's #/ is where it began.
export const place = (url) => url.replace(/#(?![!/]+[^!/]).*/s, '');

export const moved = () => place(now.shown_) != place(location.href);

export const view = (event = 'page_view', fields) => {
  if (moved()) now.referrer_ = now.shown_;
  now.shown_ = location.href;
  run(viewing);
  happen(event, fields);
};

commands.event = happen;
commands.page = () => view();
