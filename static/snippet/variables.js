// The container's variables that are read in the browser, stamped on every hit.

import { booted, kinds, may, stamping } from './core.js';
import { copy, write } from './json.js';
import { put, queue } from './queue.js';
import { hold } from './scrub.js';

export const variables = config.v;
export const standing = []; // by variable: what was left in the page at `reset`, until it changes

// undefined: not looked for, or withheld; null: looked for and not there.
export const reading = (index) => {
  if (index == null) return index;
  const [, kind, source, states, stored] = variables[index];
  if (stored && states && !may(states)) return;
  let value = copy(kinds[kind](source) ?? null);
  if (states) hold(value);
  if (standing[index] == write(value)) value = null;
  else delete standing[index];
  return value;
};

const all = (use) => variables.map(([name, , , states], index) => {
  try {
    use(name, reading(index), states);
  } catch {
    // What cannot be read says nothing.
  }
});

stamping.push((hit) => all((name, value, states) => value !== undefined && put(hit, 'values', name, value, states)));

// What was null for a call before the snippet, and is there now, had not been looked for yet.
booted.push(() => all((name, value) => (value ?? null) !== null && queue.map((hit) => {
  hit.mine_ = hit.mine_.filter((item) => item[1] != name || item[2] !== null);
  if ((hit.open_.values || {})[name] === null) delete hit.open_.values[name];
})));
