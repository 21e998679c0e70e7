// Data layers: taggateData, dataLayer, _mtm and digitalData; what they say, and the events pushed into them.

import { gate, guarded, isArray, keys, kinds, opening, refreshing, run, starting } from './core.js';
import { fresh } from './fresh.js';
import { copy, isMap } from './json.js';
import { own } from './own.js';
import { enqueue, happen, make } from './queue.js';
import { wrap } from './wrap.js';

const names = ['taggateData', 'dataLayer', '_mtm'];
const models = names.map(() => ({ __proto__: null })); // what each says
const met = new WeakSet(); // entries, and arrays whose push is wrapped
export const hearing = []; // of what is called with `gtag`, and of each object alone, as it was pushed
let busy = 0;
let early = []; // events from before the snippet, until the page view

// Arrays are replaced, not merged by index: a shorter list of consents is a withdrawal.
const merge = (to, from, split, whole) =>
  keys(from).map((name) => {
    const steps = split ? name.split('.') : [name];
    const last = steps.pop();
    const at = steps.reduce((outer, step) => (isMap(outer[step]) ? outer[step] : (outer[step] = { __proto__: null })), to);
    if (!whole && isMap(at[last]) && isMap(from[name])) merge(at[last], from[name]);
    else at[last] = from[name];
  });

const tellEvent = (called, given) => {
  const [name, details] = gate.translate_?.(called, given) || [called, given];
  // The snippet counts page views itself.
  if (typeof name != 'string' || /^[gm]tm\./.test(name) || name == 'page_view') return;
  const fields = {};
  keys(details).map((key) => /^(event$|_clear$|[gm]tm\.)/.test(key) || (fields[key] = details[key]));
  run(refreshing);
  if (early) early.push(make(name, fields));
  else happen(name, fields);
};

const absorb = (model, said) => {
  merge(model, said, 1, said._clear === true);
  run(refreshing);
};

const take = (model, entry) => {
  if (!fresh(met, entry)) return;
  const call = {}.toString.call(entry) == '[object Arguments]';
  run(hearing, call ? entry : [entry]);
  const said = copy(entry, 9 + call);
  if (call) {
    if (said[0] == 'set' && isMap(said[1])) absorb(model, said[1]);
    if (said[0] == 'event') tellEvent(said[1], isMap(said[2]) ? said[2] : {});
  } else if (isMap(said)) {
    absorb(model, said);
    tellEvent(said.event, said);
  }
};

// While entries are taken in order, a hit they cause must not look further ahead.
const takeAll = (model, entries) => {
  busy++;
  entries.map((entry) => guarded(take)(model, entry));
  busy--;
};

// Also finds what came in when the page replaced the array or its push.
const scan = () =>
  busy || models.map(guarded((model, at) => {
    const layer = window[names[at]];
    if (!isArray(layer)) return;
    takeAll(model, layer.slice());
    if (fresh(met, layer)) wrap(layer, 'push', (...entries) => takeAll(model, entries));
  }));

// A path of own properties.
export const walk = (value, path) =>
  path.split('.').reduce((at, step) => at === null || at === undefined ? at : typeof at == 'object' && own(at, step) ? at[step] ?? null : undefined, value);

kinds.data_layer = (path) =>
  models.map((model) => walk(model, path)).concat([guarded(walk)(window.digitalData, path)]).find((value) => value !== undefined);

refreshing.unshift(scan);
starting.push(scan);
opening.push(() => {
  const before = early;
  early = 0;
  before.map(enqueue);
});
