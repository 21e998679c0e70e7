// Google's calls: `gtag`, and the e-commerce of data layers, under the names that events have here.

import { commands, gate, guarded, keys, later } from './core.js';
import { count, items, leave, said, signOut } from './calls.js';
import { hearing } from './data_layer.js';
import { copy, isMap } from './json.js';
import { own } from './own.js';

// What is said to Google's script, not about the event.
const instruction = /^(send_to|event_callback|event_timeout|debug_mode|transport_type|non_interaction|groups|user_id|user_data)$/;
const cart = (told) => ['cart_update', { value: told.value, currency: told.currency, items: items(told.items) }];
const names = {
  __proto__: null,
  add_to_cart: cart,
  remove_from_cart: cart,
  view_cart: cart,
  purchase: (told) => ['purchase', {
    order_id: told.transaction_id, value: told.value, tax: told.tax, shipping: told.shipping, discount: told.discount, currency: told.currency, items: items(told.items),
  }],
  view_item: (told) => ['product_view', { currency: told.currency, ...items(told.items)[0] }],
  search: (told) => ['search', { term: told.search_term }],
  click: (told) => ['outlink', { href: told.link_url }],
  file_download: (told) => ['download', { href: told.link_url }],
};

gate.translate_ = (name, given) => {
  const told = { ...(isMap(given.ecommerce) ? given.ecommerce : {}), ...given };
  if (!names[name] || (name == 'click' && !told.link_url)) {
    const rest = { ...given };
    keys(rest).map((key) => instruction.test(key) && delete rest[key]);
    return [name, rest];
  }
  const [called, fields] = names[name](told);
  return [called, said(fields)];
};

const person = (told) => {
  if (!isMap(told) || !own(told, 'user_id')) return;
  if (told.user_id) guarded(commands.identify)(told.user_id);
  else signOut();
};

const pageView = (details) => {
  const fields = copy(details) || {};
  count('page_view', said({ title: fields.page_title }));
};

// What waits for the hit must not wait for ever; Google's own script, where it is there too, calls it itself.
const answer = (done) => typeof done == 'function' && !window.google_tag_manager && later(done, 0);

hearing.push(([verb, what, details, done]) => {
  answer(verb.eventCallback);
  if (verb == 'get') answer(done);
  if (verb == 'set') person(typeof what == 'string' ? { [what]: details } : what);
  if (verb == 'config') {
    person(details);
    if (isMap(details) && details.send_page_view === false) leave();
  }
  // Where Google's script counts page views by itself, the snippet does.
  if (verb == 'event' && what == 'page_view' && gate.counts_()) pageView(details);
  if (verb == 'event' && isMap(details)) answer(details.event_callback);
});
