// A choice that a banner tells, and cannot be asked for.

import { follow, grants } from './watch.js';

let known;
const check = follow(() => known);

export const tell = (granted) => {
  known = grants(granted);
  check();
};
