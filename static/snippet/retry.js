// What could not be sent survives a page change: in localStorage, without anything personal, only with consent. The hits stand
// between tabs.

import { gate, guarded, idle, listen } from './core.js';
import { add, hits, queue, render } from './queue.js';

const key = 'taggate.' + config.n;

const lines = () => (localStorage[key] || '').split('\t');
export const purge = guarded(() => delete localStorage[key]);

// A page is hidden, then left: each hit is kept once. What is too much goes, the oldest first; half a line is none.
export const save = () => {
  if (gate.unstored_?.()) return;
  const doubtful = hits().filter((hit) => !(navigator.onLine && queue.get(hit) > Date.now() - 1e3));
  gate.bare_ = 1;
  const texts = doubtful.map(render);
  gate.bare_ = 0;
  const text = [...new Set([...lines(), ...texts])].join('\t').slice(-65536);
  if (text) localStorage[key] = text;
};

// While consent is unknown nothing is looked up. What this page still has itself, it has in full, unless it was left: then
// what is stored is for the next one.
export const take = () => {
  if (gate.left_ || gate.state_().includes('u')) return;
  if (!gate.unstored_?.()) {
    lines().map(guarded((line) => {
      const found = JSON.parse(line || 0);
      if (found.at > Date.now() - 864e5 && !hits().some((hit) => hit.id == found.id)) add(found);
    }));
  }
  purge();
};

// The page before may be told that it is left only when this one runs already. To listen for that alone the browser waits
// until it has read the storage.
idle(() => listen(window, 'storage', take));
