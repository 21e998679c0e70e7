// Taking what is personal out of texts of a hit that may not hold it.

import { gate } from './core.js';
import { copy, texts } from './json.js';

let held = []; // personal texts met in this document

export const hold = (value) => {
  held = [...new Set(held.concat(texts(value).filter((text) => text.length > 3)))].slice(-100);
};

// As it is, URL-encoded (twice) and in base64: what the gateway looks for too, but for hashes. As there, a match counts
// where no letter or digit stands beside it; an e-mail address always.
const pattern = (text) => {
  const encode = encodeURIComponent;
  const once = encode(text);
  const base64 = btoa(unescape(once)).replace(/=+$/, '');
  const any = [text, encodeURI(text), once, once.replace(/%20/g, '+'), encode(once), base64, encode(base64), base64.replace(/\+/g, '-').replace(/\//g, '_')]
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('|');
  const letter = '[\\p{L}\\p{N}]';
  return RegExp(text.includes('@') ? '()(?:' + any + ')' : '(^|%(?:25)*[0-9a-f]{2}|(?!' + letter + ').)(?:' + any + ')(?!' + letter + ')', 'giu');
};

// Of what is for anyone, in a hit that these personal items may leave with.
gate.clean_ = (open, mine) => {
  const shown = texts(mine.map((item) => item[2]));
  const hidden = held.filter((text) => !shown.includes(text)).sort((one, other) => other.length - one.length).map(pattern);
  return copy(open, (leaf) => {
    const text = hidden.reduce((rest, found) => rest.replace(found, '$1(removed)'), '' + leaf);
    return text == leaf ? leaf : text;
  });
};
