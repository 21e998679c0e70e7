// Taking what is personal out of texts of a hit that may not hold it.

import { gate } from './core.js';
import { same, write } from './json.js';

let held = []; // personal texts met in this document

const into = (list) => (text) => {
  const word = text.trim();
  if (word[3]) list.push(word);
  return text;
};

export const hold = (value) => {
  write(value, into(held));
  held = [...new Set(held)].slice(-100);
};

// As it is and in base64, each character URL-encoded, however often, or not: what the gateway looks for too, but for hashes.
// As there, a match counts where no letter or digit stands beside it; an e-mail address always.
const pattern = (text) => {
  const any = text.replace(/\W/gu, (mark) => {
    const code = mark.codePointAt().toString(16);
    return '([+\\u{' + code + '}]|' + (mark > '~' ? encodeURIComponent(mark) : '%' + code).replace(/%/g, '%(25)*') + ')';
  }) + '|' + btoa(unescape(encodeURIComponent(text))).replace(/\W/g, '(\\W|_|%(25)*2.)??');
  const end = '(?![\\p{L}\\p{N}])';
  return RegExp(text.includes('@') ? '()(' + any + ')' : '(^|%(25)*[0-9a-f]{2}|' + end + '.)(' + any + ')' + end, 'giu');
};

// Of what is for anyone, in a hit that may leave with some of these.
gate.write_ = (body) => {
  const shown = [];
  write(body, same, into(shown));
  // Half a character cannot be encoded.
  const whole = held.filter((one) => !shown.includes(one)).flatMap((one) => one.split(/\s*\p{Cs}\s*/u).filter((part) => part[3]));
  const hidden = whole.sort((one, other) => other.length - one.length).map(pattern);
  return write(body, (leaf) => hidden.reduce((rest, found) => rest.replace(found, '$1(removed)'), leaf), same);
};
