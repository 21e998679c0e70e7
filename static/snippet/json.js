// Plain JSON: copies of what a page hands over, and its text, whatever the page did to JSON and to prototypes.

import { isArray, keys, two } from './core.js';

export const isMap = (value) => value && typeof value == 'object' && !isArray(value);

const { getPrototypeOf } = Object;

// The copy shares nothing with the page; what is not plain JSON is undefined, and too deep, long or many is cut.
// `leaf` may change texts and numbers.
export const copy = (value, leaf = (same) => same, depth = 9) => {
  const type = typeof value;
  const inner = (item) => copy(item, leaf, depth - 1);
  if (type == 'string') return leaf(value.slice(0, 8192));
  if (Number.isFinite(value)) return leaf(value);
  if (value === null || type == 'boolean') return value;
  if (type != 'object' || !depth) return;
  if (isArray(value)) return value.slice(0, 200).map(inner);
  const parent = getPrototypeOf(value);
  if (parent && getPrototypeOf(parent)) return;
  const made = { __proto__: null };
  keys(value).slice(0, 200).map((key) => (made[key] = inner(value[key])));
  return made;
};

export const write = (value) =>
  typeof value == 'string' ? '"' + value.replace(/["\\\0-\x1f]/g, (mark) => (mark > '\0' ? '\\u00' + two(mark.charCodeAt()) : '')) + '"'
  : isArray(value) ? '[' + value.map(write) + ']'
  : isMap(value) ? '{' + keys(value).flatMap((key) => (value[key] === undefined ? [] : write(key) + ':' + write(value[key]))) + '}'
  : '' + (value ?? null);

// Every text and number in it, as text.
export const texts = (value) => {
  const found = [];
  copy(value, (text) => found.push(('' + text).trim()));
  return found;
};
