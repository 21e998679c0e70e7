// Google's consent mode: an update is the visitor's choice; a default is what the website says until then.

import { hearing } from './data_layer.js';
import { copy, isMap } from './json.js';
import { follow, grants } from './watch.js';

const known = { __proto__: null };
const check = follow(() => grants((word) => (word in known ? known[word] === 'granted' : undefined)));

hearing.push(([command, kind, said]) => {
  if (command != 'consent' || kind != 'update' || !isMap(said)) return;
  Object.assign(known, copy(said));
  check();
});
