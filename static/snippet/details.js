// The personal fields of events, which leave under the same conditions as any personal value.

import { stamping } from './core.js';
import { own } from './own.js';
import { mine } from './queue.js';
import { hold } from './scrub.js';

stamping.push((hit) => config.d.map(([path, states]) => {
  const fields = hit.fields || {};
  const name = own(fields, path) ? path : path.split('.')[0];
  if (!own(fields, name)) return;
  hold(fields[name]);
  fields[name] = mine(fields[name], states);
}));
