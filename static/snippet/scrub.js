// Taking what is personal out of texts of a hit that may not hold it.

import { gate } from './core.js';
import { copy, texts } from './json.js';

const held = new Map(); // every personal text met in this document → how to find it

export const hold = (value) => {
  texts(value).map((text) => text.length > 3 && !held.has(text) && held.set(text, pattern(text)));
  while (held.size > 100) held.delete(held.keys().next().value);
};

// As it is, URL-encoded (twice) and in base64: what the gateway looks for too, but for hashes. As there, a match counts
// where no letter or digit stands beside it; an e-mail address always.
const pattern = (text) => {
  const encode = encodeURIComponent;
  const once = encode(text);
  const base64 = btoa(unescape(once)).replace(/=+$/, '');
  const any = [text, encodeURI(text), once, once.replace(/%20/g, '+'), encode(once)]
    .concat(base64, encode(base64), base64.replace(/\+/g, '-').replace(/\//g, '_'))
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('|');
  const letter = '[\\p{L}\\p{N}]';
  const before = text.includes('@') ? '()' : '(^|%(?:25)*[0-9a-f]{2}|(?!' + letter + ').)';
  return RegExp(before + '(?:' + any + ')' + (before[1] == ')' ? '' : '(?!' + letter + ')'), 'giu');
};

// The cleaner for a hit in which these texts may stand.
gate.clean_ = (shown) => {
  const hidden = [...held].filter(([text]) => !shown.includes(text)).sort(([one], [other]) => other.length - one.length);
  return (value) => copy(value, (leaf) => {
    const text = hidden.reduce((rest, [, found]) => rest.replace(found, '$1(removed)'), '' + leaf);
    return text == leaf ? leaf : text;
  });
};
