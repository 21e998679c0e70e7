// Google's consent mode: an update is the visitor's choice; a default is what the website says until then.

import { own } from './core.js';
import { called } from './data_layer.js';
import { isMap } from './json.js';
import { follow, grants } from './watch.js';

const known = {};
const check = follow(() => grants((word) => (own(known, word) ? known[word] === 'granted' : undefined)));

called.push((command, kind, said) => {
  if (command != 'consent' || kind != 'update' || !isMap(said)) return;
  Object.assign(known, said);
  check();
});
