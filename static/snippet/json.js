// Plain JSON: copies of what a page hands over, and its text, whatever the page did to JSON and to prototypes.

import { isArray, keys } from './core.js';

export const isMap = (value) => value && typeof value == 'object' && !isArray(value);

const { getPrototypeOf } = Object;

// The copy shares nothing with the page; what is not plain JSON is undefined, and too deep, long or many is cut.
export const copy = (value, depth = 9) => {
  const type = typeof value;
  const inner = (item) => copy(item, depth - 1);
  if (type == 'string') return value.slice(0, 8192);
  if (value === null || type == 'boolean' || Number.isFinite(value)) return value;
  if (type != 'object' || !depth) return;
  if (isArray(value)) return value.slice(0, 200).map((item) => inner(item) ?? null);
  const parent = getPrototypeOf(value);
  if (parent && getPrototypeOf(parent)) return;
  const made = { __proto__: null };
  keys(value).slice(0, 200).map((key) => (made[key] = inner(value[key])));
  return made;
};

// Of what `copy` gave; a function is what may leave or not: `leaf` changes texts and numbers, `mine` those of functions.
export const write = (value, leaf = (same) => same, mine = leaf) => {
  const type = typeof value;
  if (type == 'function') return write(value(), mine);
  if (isArray(value)) return '[' + value.map((item) => write(item, leaf, mine)) + ']';
  if (isMap(value)) {
    return '{' + keys(value).flatMap((key) => {
      const text = write(value[key], leaf, mine);
      return text == 'undefined' ? [] : write(key) + ':' + text;
    }) + '}';
  }
  const text = '' + value;
  return type == 'string' || (type == 'number' && leaf(text) != text)
    ? '"' + leaf(text).replace(/["\\\0-\x1f]/g, (mark) => (mark > '\0' ? '\\u00' + encodeURIComponent(mark).slice(1) : '')) + '"'
    : text;
};
