// What every module stands on: guarded calls, chance, and the hooks and gates that other modules fill.
// needs:

const keys = Object.keys;
const isArray = Array.isArray;
const commands = Object.create(null);
const kinds = Object.create(null); // of variables: how each is read
const hooks = { start: [], view: [], rest: [], booted: [], refresh: [], stamp: [], viewed: [], leave: [], settled: [], withdrawn: [], decided: [], tell: [] };
const gate = { state: () => '', held: () => false, storing: () => true, claim: () => {}, stale: () => false, who: () => null };
let booted = false;

function guarded(task) {
  return function () {
    try {
      return task.apply(this, arguments);
    } catch {
      // The page must never be harmed.
    }
  };
}

function run(list, given, more) {
  list.forEach((item) => guarded(item)(given, more));
}

function listen(target, type, handler) {
  if (target) target.addEventListener(type, guarded(handler), { capture: true, passive: true });
}

function later(handler, wait) {
  return setTimeout(guarded(handler), wait);
}

function own(object, key) {
  return Object.prototype.hasOwnProperty.call(object, key);
}

function hex() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let text = '';
  for (let i = 0; i < 16; i++) text += (bytes[i] + 256).toString(16).slice(1);
  return text;
}

function uuid() {
  const text = hex();
  const variant = '89ab'[parseInt(text[16], 16) & 3];
  return [text.slice(0, 8), text.slice(8, 12), '4' + text.slice(13, 16), variant + text.slice(17, 20), text.slice(20)].join('-');
}

// Where this script came from. An element with that name could stand in for `currentScript`.
function home() {
  const current = document.currentScript;
  const script = current && current.tagName === 'SCRIPT' ? current : document.querySelector('script[src*="/t/' + config.name + '.js"]');
  return new URL(script.src).origin;
}
