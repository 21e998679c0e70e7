// Google's consent mode: an update is the visitor's choice; a default is what the website says until then.

import { hearing } from './data_layer.js';
import { copy, isMap } from './json.js';
import { own } from './own.js';
import { follow, grants } from './watch.js';

const known = {};
const check = follow(() => grants((word) => (own(known, word) ? known[word] === 'granted' : undefined)));

hearing.push(([command, kind, said]) => {
  if (command != 'consent' || kind != 'update' || !isMap(said)) return;
  Object.assign(known, copy(said));
  check();
});
