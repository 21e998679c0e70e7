// What every module stands on: one `taggate` for the page, guarded calls, chance, and the lists and gates that other
// modules fill.

export const { keys } = Object;
export const { isArray } = Array;
export let shared = window.taggate;

// Calls are kept so that a second container, loading later, hears them too.
if (!shared?.containers) {
  const calls = shared?.q || [];
  shared = window.taggate = (...call) => {
    if (calls.length < 100) calls.push(call);
    keys(shared.containers).map((each) => shared.containers[each](call));
  };
  shared.q = calls;
  shared.containers = {};
}
// Included twice: all ends here.
if (shared.containers[config.n]) throw 0;
shared.containers[config.n] = () => {};

export const commands = {};
export const kinds = {}; // of variables: how each is read
export const starting = []; // all modules are there
export const refreshing = []; // before anything is looked at: what changed?
export const stamping = []; // a hit is made
export const viewing = []; // a page view happens
export const opening = []; // the first page view was made
export const leaving = []; // the page may be gone in a moment
export const withdrawing = []; // a purpose is granted no longer

// What other modules have a say in; without them, everything goes. A letter a purpose: granted, refused, unknown.
export const gate = { state_: () => '' };

export const guarded = (task) => (...given) => {
  try {
    return task(...given);
  } catch {
    // The page must never be harmed.
  }
};

export const run = (list, ...given) => list.map((task) => guarded(task)(...given));

export const listen = (target, types, handler) =>
  types.split(' ').map((type) => target && target.addEventListener(type, guarded(handler), true));

export const later = (handler, wait) => setTimeout(guarded(handler), wait);

// What the first page view need not wait for. Where there is no idle callback, at the next turn.
export const idle = window.requestIdleCallback || setTimeout;

export const may = (states) => gate.state_().match(states);

// Calls the original first, whatever the page made of it; what is frozen stays as it is.
export const wrap = guarded((object, name, after) => {
  const original = object[name];
  object[name] = function (...given) {
    const result = original.apply(this, given);
    guarded(after)(...given);
    return result;
  };
});

export const two = (number) => (number + 256).toString(16).slice(1);

export const hex = () => crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + two(byte), '');

// Also `ready_`: all calls from before the snippet were heard; `ended_`: true where somebody signed out since the last
// hit; `sent_`: whether anything was.
export const now = {
  page_: hex(), // number of this document; in memory only
  shown_: location.href,
  referrer_: document.referrer,
};
