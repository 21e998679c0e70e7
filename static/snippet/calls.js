// What the calls of other tools have in common: events of any name, and page views that either the page or the snippet
// counts, never both.

import { commands, gate, guarded, isArray, keys, later, refreshing, run, viewing } from './core.js';
import { fresh } from './fresh.js';
import { isMap } from './json.js';
import { enqueue, make, place, view } from './queue.js';

const { warn } = window.console || {};
const warned = new Set();
let counting; // the page does it
let open; // where the snippet counted a page view that the page may yet count too

gate.counts_ = () => counting;
viewing.push(() => (open = !counting && place(location.href)));

// Of the page: from the first one on the snippet leaves them to it.
export const count = (event, fields) => {
  const same = open && open == place(location.href);
  counting = 1;
  open = 0;
  if (!same) view(event, fields);
};

export const leave = () => (counting = 1);

// What other tools take for nothing said.
export const said = (fields) => {
  const found = {};
  keys(fields).map((name) => (fields[name] || fields[name] === 0) && (found[name] = fields[name]));
  return found;
};

// Of a cart, in the words of Segment or of Google.
export const items = (given) => isArray(given) ? given.filter(isMap).map((item) => said({
  sku: item.item_id || item.sku || item.product_id, name: item.item_name || item.name, category: item.item_category || item.category, price: item.price, quantity: item.quantity,
})) : [];

export const tell = (name, fields) => {
  run(refreshing);
  enqueue(make(name, said(fields || {})));
};

// Under a name of the page's own; one that means something else here gets another. The gateway cuts it, once it is searched.
export const tellOwn = (name, fields) => {
  const text = /string|number/.test(typeof name) ? ('' + name).trim() : '';
  const taken = /^(page_view|alias|product_view|heartbeat|identify|group|cart_update)$/;
  if (text) tell(taken.test(text) ? 'event.' + text : text, fields);
};

// A sign-out where nobody is signed in ends no visit.
export const signOut = () => guarded(gate.who_?.() ? commands.reset : commands.identify)();

// What waits for the hit must not wait for ever.
export const answer = (done, said) => typeof done == 'function' && later(() => done(said));

export const complain = (tool, name) => {
  const text = 'taggate: ' + tool + ' has no "' + ('' + name).slice(0, 50) + '" here.';
  if (fresh(warned, text)) guarded(warn)(text);
};
