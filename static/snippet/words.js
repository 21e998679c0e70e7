// A choice kept as a text or value, in a cookie, in storage or in a data layer.

import { isArray, keys, kinds, later, listen, refreshing, starting } from './core.js';
import { decide } from './consent.js';
import { copy, isMap, write } from './json.js';

const { k: kind, w: where, b: words } = config.c;
const { parse } = window.JSON || {};
let lastRead;

// JSON, else words; there and complete. What looks like JSON and is not says nothing.
const judge = (value) => {
  if (/^\s*[[{"]/.test(value) && typeof value == 'string') {
    try {
      return judge(parse(value));
    } catch {
      return [];
    }
  }
  const said = isArray(value) ? value.map(String)
    : isMap(value) ? keys(value).filter((word) => value[word] === true)
    : ('' + (value ?? '')).split(/[^\p{L}\p{N}_-]+/u).filter((word) => word);
  return isArray(value) || said[0] || (isMap(value) && keys(value)[0]) ? words.map((word) => said.includes(word)) : [];
};

const check = () => {
  const value = copy(kinds[kind](where));
  if (lastRead !== (lastRead = write(value))) decide(judge(value));
};

refreshing.push(check);
starting.push(() => {
  check();
  listen(window, 'pageshow', check);
  if (kind == 'data_layer') return;
  listen(window.cookieStore, 'change', check);
  // A banner that writes its cookie some time after the click.
  listen(document, 'click keydown', () => [0, 300, 1500].map((wait) => later(check, wait)));
});
