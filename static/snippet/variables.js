// The container's variables that are read in the browser, stamped on every hit.

import { guarded, kinds, may, stamping } from './core.js';
import { copy, write } from './json.js';
import { put } from './queue.js';
import { hold } from './scrub.js';

export const standing = []; // by variable: what was left in the page at `reset`, until it changes

// undefined: not looked for, or withheld; null: looked for and not there.
export const reading = (index) => {
  const found = config.v[index];
  if (!found || (found[4] && !may(found[3]))) return;
  let value = copy(kinds[found[1]](found[2]) ?? null);
  if (found[3]) hold(value);
  // Nothing is written out where nothing was left, which is nearly always.
  if (standing[index] && standing[index] == write(value)) value = null;
  else standing[index] = 0;
  return value;
};

// What cannot be read says nothing.
stamping.push((hit) => config.v.map(guarded((found, index) => {
  const value = reading(index);
  if (value !== undefined) put(hit, 'values', found[0], value, found[3]);
})));
