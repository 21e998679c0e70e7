// What every module stands on: one `taggate` for the page, guarded calls, chance, and the lists and gates that other
// modules fill.

export const { keys } = Object;
export const { isArray } = Array;
// Calls are kept so that a second container, loading later, hears them too.
export const { q: said = [], containers = {} } = window.taggate || {};
// Included twice: all ends here, for this cannot be called.
if (containers[config.n]) containers();
containers[config.n] = () => {};
window.taggate = (...call) => {
  keys(containers).map((each) => containers[each](call));
  // Last, so that a withdrawal, which forgets what was said, is heard itself. Of too many the oldest goes: who signed out
  // since is not signed in.
  if (said.push(call) > 100) said.shift();
};
taggate.q = said;
taggate.containers = containers;

export const commands = {};
export const kinds = {}; // of variables: how each is read
export const starting = []; // all modules are there
export const refreshing = []; // before anything is looked at: what changed?
export const stamping = []; // a hit is made
export const viewing = []; // a page view happens
export const opening = []; // the first page view was made
export const leaving = []; // the page may be gone in a moment
export const withdrawing = []; // a purpose is granted no longer

export const guarded = (task) => (...given) => {
  try {
    return task(...given);
  } catch {
    // The page must never be harmed.
  }
};

export const run = (list, ...given) => list.map((task) => guarded(task)(...given));

export const listen = (target, types, handler) =>
  types.split(' ').map((type) => target?.addEventListener(type, guarded(handler), true));

export const later = (handler, wait) => setTimeout(guarded(handler), wait);

// What is done in a turn of its own: where a browser looks at what `fetch` or `document.cookie` is called from, it reads each
// function on the way again.
export const turn = Promise.resolve();

// What the first page view need not wait for. Where there is no idle callback, at the next turn.
export const idle = window.requestIdleCallback || setTimeout;

export const hex = () => window.crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + (byte + 256).toString(16).slice(1), '');

// What other modules have a say in; without them, everything goes. `state_`: a letter a purpose: granted, refused,
// unknown. Also `ready_`: all calls from before the snippet were heard; `ended_`: true where somebody signed out since
// the last hit; `era_`: another one since somebody left whose hits are held; `sent_`: whether anything was; `bare_`: what is
// written is for storage.
export const gate = {
  state_: () => '',
  page_: hex(), // number of this document; in memory only
  shown_: location.href,
  referrer_: document.referrer,
};

export const may = (states) => !gate.bare_ && (gate.state_().includes(states) || gate.state_().match(states));
