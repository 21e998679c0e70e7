// The container's variables that are read in the browser, stamped on every hit.

import { guarded, kinds, may, stamping } from './core.js';
import { copy, write } from './json.js';
import { put } from './queue.js';
import { hold } from './scrub.js';

export const standing = []; // by variable: what was left in the page at `reset`, until it changes

// undefined: not looked for, or withheld; null: looked for and not there.
export const reading = (index) => {
  const [, kind, source, states, stored] = config.v[index] || [];
  if (!kind || (stored && !may(states))) return;
  let value = copy(kinds[kind](source) ?? null);
  if (states) hold(value);
  if (standing[index] == write(value)) value = null;
  else delete standing[index];
  return value;
};

// What cannot be read says nothing.
stamping.push((hit) => config.v.map(guarded(([name, , , states], index) => {
  const value = reading(index);
  if (value !== undefined) put(hit, 'values', name, value, states);
})));
