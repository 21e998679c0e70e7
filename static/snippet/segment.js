// Segment's calls: `analytics`, from the stubs of its snippet on.

import { commands, guarded, isArray, keys, later, listen, opening, stamping, starting, withdrawing } from './core.js';
import { answer, complain, count, items, leave, said, signOut, tell, tellOwn } from './calls.js';
import { fresh } from './fresh.js';
import { isMap } from './json.js';
import { address } from './queue.js';
import { wrap } from './wrap.js';

const calls = { __proto__: null };
const heard = { __proto__: null }; // what `on` listens for
const met = new WeakSet();
const object = {};
let person; // what this page said of who is here, for the page itself
let account;
let context = {}; // of the page view that is made

const names = {
  __proto__: null,
  'Order Completed': (told) => ['purchase', {
    order_id: told.order_id, value: told.total ?? told.value ?? told.revenue, subtotal: told.subtotal, tax: told.tax, shipping: told.shipping, discount: told.discount,
    currency: told.currency, items: items(told.products),
  }],
  'Cart Viewed': (told) => ['cart_update', { value: told.value, currency: told.currency, items: items(told.products) }],
  'Product Viewed': (told) => ['product_view', { currency: told.currency, ...items([told])[0] }],
  'Products Searched': (told) => ['search', { term: told.query }],
};

const signIn = () => guarded(commands.identify)(person.id, { traits: person.traits, account, proof: person.traits.proof });
calls.identify = (first, more) => {
  const named = !isMap(first);
  const id = named ? first : person?.id;
  const traits = named ? more : first;
  if (!id) return named && calls.reset();
  person = { id, traits: { ...(person?.id == id && person.traits), ...traits } };
  signIn();
  tell('identify');
};
calls.reset = () => {
  person = account = undefined;
  signOut();
};
calls.group = (id) => {
  if (id === undefined) return { id: () => account || null, traits: () => ({}) };
  account = id;
  if (person) signIn();
  return tell('group');
};
calls.alias = (id) => {
  calls.identify(id);
  tell('alias');
};
calls.track = (name, given) => {
  const told = isMap(given) ? given : {};
  const [called, fields] = names[name]?.(told) || [];
  if (called) tell(called, fields || {});
  else tellOwn(name, told);
};
calls.page = calls.screen = (...given) => {
  // Words that may be left out, then what is told.
  const words = [];
  while (given.length && !isMap(given[0])) words.push(given.shift());
  const told = given[0] || {};
  const [category, name] = words.length > 1 ? words : [told.category, words[0]];
  context = { url: told.url, title: told.title, referrer: told.referrer };
  count('page_view', said({ category, name: name || told.name }));
  context = {};
};
calls.user = () => ({ id: () => person?.id ?? null, anonymousId: () => null, traits: () => ({ ...person?.traits }) });
calls.ready = (done) => later(done);
calls.on = (name, done) => (heard[name] ||= []).push(done);
calls.once = (name, done) => {
  const first = (...given) => {
    calls.off(name, first);
    done(...given);
  };
  calls.on(name, first);
};
calls.off = (name, done) => (heard[name] = (heard[name] || []).filter((other) => done && other != done));
calls.emit = (name, ...given) => (heard[name] || []).slice().map((done) => guarded(done)(...given));

const attach = (type) => (nodes, name, told) => {
  const each = nodes?.addEventListener ? [nodes] : [...(nodes || [])];
  const of = (value, node) => (typeof value == 'function' ? guarded(value)(node) : value);
  each.map((node) => listen(node, type, () => calls.track(of(name, node), of(told, node))));
};
calls.trackLink = calls.trackClick = attach('click');
calls.trackForm = calls.trackSubmit = attach('submit');
'addIntegrationMiddleware load addDestinationMiddleware register initialize pageview addSourceMiddleware timeout debug deregister setAnonymousId'
  .split(' ').map((name) => (calls[name] = () => {}));

const local = /^(off|once|ready|emit|on)$/; // what only the page hears
const asked = /^(user|group)$/;
const answers = (name) => local.test(name) || asked.test(name);

const obey = (name, given) => {
  // The snippet's own note of where a call was made.
  const args = given.filter((each) => each?.__t != 'bpc');
  const done = typeof args[args.length - 1] == 'function' && !local.test(name) && !/^track./.test(name) && args.pop();
  // Of several containers only the first one answers the page.
  const first = window.analytics == object;
  const result = (first || !local.test(name)) && guarded(calls[name])(...args);
  if (first && !answers(name)) {
    answer(done);
    calls.emit(name, ...args);
  }
  return result;
};

const hear = guarded((entry) => {
  if (!fresh(met, entry)) return;
  const [name, ...given] = entry;
  if (calls[name]) obey(name, given);
  else if (name) complain('analytics', name);
});

withdrawing.push(() => (person = account = undefined));
// One object for all containers of the page; what was called is kept for those that load later.
const pass = (entry) => {
  if (object.calls.length < 100) object.calls.push(entry);
  object.containers.map((each) => each(entry));
};

starting.push(() => (isArray(window.analytics) || window.analytics?.containers) && leave());
opening.unshift(() => {
  const stub = window.analytics;
  if (stub?.containers) {
    stub.containers.push(hear);
    stub.calls.slice().map(hear);
  }
  // Another script that answers to this name is left alone.
  if (stub && !isArray(stub)) return;
  keys(calls).map((name) => {
    object[name] = (...given) => {
      const entry = [name, ...given];
      met.add(entry);
      const result = obey(name, given);
      pass(entry);
      return asked.test(name) && result ? result : answers(name) ? object : Promise.resolve();
    };
  });
  object.initialized = object.invoked = true;
  object.push = pass;
  object.containers = [hear];
  object.calls = stub?.slice() || [];
  window.analytics = object;
  if (!stub) return;
  wrap(stub, 'push', (...entries) => entries.map(pass));
  object.calls.slice().map(hear);
});
stamping.push((hit) => keys(context).map((name) => typeof context[name] == 'string' && (hit[name] = name == 'title' ? context[name] : address(context[name]))));
