// A choice kept as a text or value, in a cookie, in storage or in a data layer.

import { guarded, isArray, keys, kinds } from './core.js';
import { isMap } from './json.js';
import { follow, grants } from './watch.js';

const { parse } = window.JSON || {};

// JSON, else words; there and complete. What looks like JSON and is not says nothing.
const judge = (value) => {
  if (typeof value == 'string' && /^\s*[[{"]/.test(value)) return judge(guarded(parse)(value));
  const said = isArray(value) ? value.map(String)
    : isMap(value) ? keys(value).filter((word) => value[word] === true)
    : ('' + (value ?? '')).match(/[\p{L}\p{N}_-]+/gu) || [];
  if (isArray(value) || said[0] || (isMap(value) && keys(value)[0])) return grants((word) => said.includes(word));
};

follow(() => judge(kinds[config.c.k](config.c.w)));
