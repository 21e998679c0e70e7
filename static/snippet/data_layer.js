// Data layers: taggateData, dataLayer, _mtm and digitalData; what they say, and the events pushed into them.
// needs: core, json, queue

const models = ['taggateData', 'dataLayer', '_mtm'].map((name) => ({ name, said: Object.create(null) }));
const taken = new WeakSet();
const wrapped = new WeakSet();
let busy = false;
let early = []; // events from before the snippet, until the page view

// Arrays are replaced, not merged by index: a shorter list of consents is a withdrawal.
function merge(to, from, whole) {
  keys(from).forEach((name) => {
    if (!whole && isMap(to[name]) && isMap(from[name])) merge(to[name], from[name]);
    else to[name] = from[name];
  });
}

function undot(entry) {
  const made = Object.create(null);
  keys(entry).forEach((name) => {
    const value = name.split('.').reduceRight((inner, step) => {
      const outer = Object.create(null);
      outer[step] = inner;
      return outer;
    }, entry[name]);
    merge(made, value);
  });
  return made;
}

function foreign(name) {
  return /^[gm]tm\./.test(name);
}

function tellEvent(name, details) {
  // The snippet counts page views itself.
  if (typeof name !== 'string' || foreign(name) || name === 'page_view') return;
  const fields = Object.create(null);
  keys(details).forEach((key) => {
    if (key !== 'event' && key !== '_clear' && !foreign(key)) fields[key] = details[key];
  });
  run(hooks.refresh);
  if (early) early.push(make(name, fields));
  else happen(name, fields);
}

function absorb(model, said) {
  merge(model.said, undot(said), said._clear === true);
  run(hooks.refresh);
}

function gtag(model, call) {
  const details = copy(call[2]);
  if (call[0] === 'set' && isMap(copy(call[1]))) absorb(model, copy(call[1]));
  else if (call[0] === 'event') tellEvent(call[1], isMap(details) ? details : {});
}

function take(model, entry) {
  if (!entry || typeof entry !== 'object') return;
  taken.add(entry);
  if (Object.prototype.toString.call(entry) === '[object Arguments]') return gtag(model, entry);
  const said = copy(entry);
  if (!isMap(said)) return;
  absorb(model, said);
  tellEvent(said.event, said);
}

// While entries are taken in order, a hit they cause must not look further ahead.
function alone(work) {
  if (busy) return;
  busy = true;
  guarded(work)();
  busy = false;
}

function wrapPush(model, layer) {
  wrapped.add(layer);
  const original = layer.push;
  Object.defineProperty(layer, 'push', {
    configurable: true,
    writable: true,
    enumerable: false,
    value: function () {
      const entries = arguments;
      const result = original.apply(this, entries);
      const work = () => Array.prototype.forEach.call(entries, guarded((entry) => take(model, entry)));
      if (busy) guarded(work)();
      else alone(work);
      return result;
    },
  });
}

// Also finds what came in when the page replaced the array or its push.
function scan() {
  alone(() => models.forEach(guarded((model) => {
    const layer = window[model.name];
    if (!isArray(layer)) return;
    layer.slice().forEach(guarded((entry) => {
      if (entry && typeof entry === 'object' && !taken.has(entry)) take(model, entry);
    }));
    if (!wrapped.has(layer)) wrapPush(model, layer);
  })));
}

function walk(value, steps) {
  return steps.reduce((at, step) => {
    if (at === null || at === undefined) return at;
    return typeof at === 'object' && own(at, step) ? either(at[step]) : undefined;
  }, value);
}

kinds.data_layer = (path) => {
  const steps = path.split('.');
  const found = models.map((model) => walk(model.said, steps)).filter((value) => value !== undefined);
  return found.length ? found[0] : guarded(walk)(window.digitalData, steps);
};

hooks.refresh.unshift(scan);
hooks.start.push(scan);
hooks.rest.push(() => {
  const hits = early;
  early = null;
  hits.forEach((hit) => {
    // Who was signed in at a moment before the page view is said only where it is the same person.
    if (hit.who && hit.who !== gate.who()) hit.mine = [];
    enqueue(hit);
  });
});
