// What could not be sent survives a page change: in localStorage, without anything personal, only with consent.

import { deciding, gate, guarded, idle, listen, opening, parting, starting, withdrawing } from './core.js';
import { write } from './json.js';
import { CAP, queue, render, trim } from './queue.js';
import { doubtful, flights, schedule } from './send.js';

const key = 'taggate.' + config.n;
const { parse } = window.JSON || {};

const stored = () => guarded(parse)(localStorage.getItem(key)) || [];
const purge = () => localStorage.removeItem(key);

// A page is hidden, then left: each hit is kept once. What is too much goes, the oldest first.
const save = () => {
  if (!gate.storing_()) return;
  const lines = [...new Set(stored().map(write).concat(doubtful().map((hit) => render(hit, 1))))].slice(-CAP);
  while (lines.join().length > 65536) lines.shift();
  if (lines[0]) localStorage.setItem(key, '[' + lines + ']');
};

// While consent is unknown nothing is looked up. What this page still has itself, it has in full.
const take = () => {
  if (!gate.storing_()) return gate.state_().includes('u') || purge();
  const known = flights.flatMap((flight) => flight.hits_).concat(queue).map((hit) => hit.open_.id);
  const found = stored().filter((hit) => hit.at > Date.now() - 864e5 && !known.includes(hit.id));
  purge();
  queue.unshift(...found.map((hit) => ({ open_: hit, mine_: [] })));
  trim();
  if (queue[0]) schedule();
};

deciding.push(take);
withdrawing.push(purge);
parting.push(save);
// To listen for it already waits for storage to be read from the disk.
opening.push(() => idle(() => {
  // The page before may be told that it is left only when this one runs already.
  listen(window, 'storage', (event) => event.key == key && event.newValue && take());
  take();
}));
starting.push(() => {
  listen(document, 'visibilitychange', () => document.hidden || take());
});
