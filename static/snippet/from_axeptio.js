// Axeptio: vendors by their name; told when somebody has chosen, now or before.

import { guarded, starting } from './core.js';
import { follow, grants } from './watch.js';

let known;
const check = follow(() => known);

starting.push(() => (window._axcb ||= []).push(guarded((sdk) => sdk.on('cookies:complete', guarded((choices) => {
  known = grants((word) => choices[word] === true);
  check();
})))));
