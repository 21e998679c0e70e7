// What every module stands on: guarded calls, chance, and the lists and gates that other modules fill.

export const { keys } = Object;
export const { isArray } = Array;
export const commands = {};
export const kinds = {}; // of variables: how each is read
export const starting = []; // listeners are set up
export const refreshing = []; // before anything is looked at: what changed?
export const stamping = []; // a hit is made
export const viewing = []; // a page view happens
export const opening = []; // the first page view was made
export const booted = []; // all calls from before the snippet were heard
export const leaving = []; // the page may be gone in a moment
export const parting = []; // and after all that can be sent was
export const deciding = []; // the choice changed
export const withdrawing = []; // a purpose is granted no longer
export const telling = []; // the gateway is told of a choice

// What consent and identity have a say in; without these modules, everything goes.
export const gate = {
  state_: () => '', // a letter a purpose: granted, refused, unknown
  held_: () => 0,
  storing_: () => 1,
  cookies_: () => 1,
  counts_() {}, // whether the page counts its page views itself
  translate_: (name, fields) => [name, fields], // of events in data layers
  claim_() {},
  who_() {},
  clean_: () => (value) => value,
  address_: (url) => url,
};

// `shown_`: the address of the page view, known from the start on.
export const now = {
  ready_: 0, // booted
  page_: '', // number of this document; in memory only
  referrer_: document.referrer,
  ended_: 0, // somebody signed out since the last hit
  sent_: 0, // whether anything was
};

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

export const may = (states) => gate.state_().match(states);

// Calls the original first, whatever the page made of it.
export const wrap = (object, name, after) => {
  const original = object[name];
  object[name] = function (...given) {
    const result = original.apply(this, given);
    guarded(after)(...given);
    return result;
  };
};

export const two = (number) => (number + 256).toString(16).slice(1);

export const hex = () => crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + two(byte), '');

now.page_ = hex();
