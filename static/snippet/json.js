// Plain JSON: copies of what a page hands over, and its text, whatever the page did to JSON and to prototypes.

import { isArray, keys } from './core.js';

export const isMap = (value) => value && typeof value == 'object' && !isArray(value);

const { getPrototypeOf } = Object;

const plain = (value, inner) => {
  if (isArray(value)) return value.slice(0, 200).map((item) => inner(item) ?? null);
  const parent = getPrototypeOf(value);
  if (parent && getPrototypeOf(parent)) return;
  const made = { __proto__: null };
  keys(value).slice(0, 200).map((key) => (made[key] = inner(value[key])));
  return made;
};

// The copy shares nothing with the page; what is not plain JSON is undefined, and too deep, long or many is cut. What is asked
// often stands first, and alone: a browser compiles what is large and runs often while the page loads.
export const copy = (value, depth = 9) => {
  const type = typeof value;
  if (type == 'string') return value.slice(0, 8192);
  if (value === null || type == 'boolean' || Number.isFinite(value)) return value;
  if (type == 'object' && depth) return plain(value, (item) => copy(item, depth - 1));
};

// A pattern would cost more than all of a page's first texts: it is the page's first.
const quote = (text) => '"' + text.split('').map((mark) =>
  (mark < ' ' || '"\\'.includes(mark) ? (mark > '\0' ? '\\u00' + encodeURIComponent(mark).slice(1) : '') : mark)).join('') + '"';

const group = (value, inner) => {
  if (isArray(value)) return '[' + value.map((item) => inner(item)) + ']';
  return '{' + keys(value).flatMap((key) => {
    const text = inner(value[key]);
    return text == 'undefined' ? [] : quote(key) + ':' + text;
  }) + '}';
};

export const same = (text) => text;

// Of what `copy` gave; a function is what may leave or not: `leaf` changes texts and numbers, `mine` those of functions.
export const write = (value, leaf = same, mine = leaf) => {
  const type = typeof value;
  if (type == 'string') return quote(leaf(value));
  if (type == 'function') return write(value(), mine);
  if (value && type == 'object') return group(value, (item) => write(item, leaf, mine));
  const text = '' + value;
  return type == 'number' && leaf(text) != text ? quote(leaf(text)) : text;
};
