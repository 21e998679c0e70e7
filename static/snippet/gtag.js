// Google's calls: `gtag`, and the e-commerce of data layers, under the names that events have here.

import { commands, gate, guarded, keys } from './core.js';
import { answer, count, items, leave, said, signOut } from './calls.js';
import { hearing } from './data_layer.js';
import { copy, isMap } from './json.js';
import { own } from './own.js';

const cart = (told, name) => ['cart_update', { action: name.split('_')[0], value: told.value, currency: told.currency, items: items(told.items) }];
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
  const told = { ...(isMap(given.ecommerce) && given.ecommerce), ...given };
  if (!names[name] || (name == 'click' && !told.link_url)) {
    const rest = { ...given };
    // What is said to Google's script, not about the event.
    const instruction = /^(transport_type|non_interaction|send_to|event_timeout|debug_mode|user_id|event_callback|user_data|groups)$/;
    keys(rest).map((key) => instruction.test(key) && delete rest[key]);
    return [name, rest];
  }
  const [called, fields] = names[name](told, name);
  return [called, said(fields)];
};

const person = (told) => {
  if (!isMap(told) || !own(told, 'user_id')) return;
  if (told.user_id) guarded(commands.identify)(told.user_id);
  else signOut();
};

// Google's own script, where it is there too, does it itself.
const free = (done) => window.google_tag_manager || answer(done);

hearing.push(([verb, what, details, done]) => {
  free(verb.eventCallback);
  if (verb == 'get') free(done);
  if (verb == 'set') person(typeof what == 'string' ? { [what]: details } : what);
  if (verb == 'config') {
    person(details);
    if (isMap(details) && details.send_page_view === false) leave();
  }
  // Where Google's script counts page views by itself, the snippet does.
  if (verb == 'event' && what == 'page_view' && gate.counts_()) count('page_view', said({ title: copy(details)?.page_title }));
  if (verb == 'event' && isMap(details)) free(details.event_callback);
});
