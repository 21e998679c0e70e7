// A choice kept as a text or value, in a cookie, in storage or in a data layer.

import { guarded, isArray, keys, kinds } from './core.js';
import { isMap } from './json.js';
import { follow, grants } from './watch.js';

const { parse } = window.JSON || {};

// JSON, else words, each alone or with a yes; there and complete. What looks like JSON and is not says nothing.
const judge = (value) => {
  if (typeof value == 'string' && /^\s*[[{"]/.test(value)) return judge(guarded(parse)(value));
  const said = isMap(value) ? keys(value).map((word) => value[word] === true && word)
    : isArray(value) ? value.filter((one) => !isArray(one)).map(String)
    // A value that is no yes goes along with its word, which is none of the banner's then; so does a `!`. Of what is
    // listed as denied, and of what follows, nothing is granted.
    : `${[value]}`.replace(/(deni|reject|refus)[^]*/i, '!').match(/[!%\p{L}\p{N}_-]+([^!%\p{L}\p{N}_-]*[:=](?!["' ]*(true|yes|1)(?![.:=!%\p{L}\p{N}_-])))?/giu) || [];
  if (isArray(value) || said.length) return grants((word) => said.includes(word));
};

follow(() => judge(kinds[config.c.k](config.c.w)));
