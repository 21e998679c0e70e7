// Page views of an application that changes its address, and of pages that come back from the back/forward cache.

import { gate, later, leaving, listen } from './core.js';
import { moved, view } from './queue.js';
import { wrap } from './wrap.js';

const look = () => gate.counts_?.() || (moved() && view());
// The title follows the address; of two addresses at once only the last is seen.
const soon = () => later(look, 50);

leaving.push(look);
if (window.navigation) listen(navigation, 'currententrychange', soon);
else {
  ['pushState', 'replaceState'].map((name) => wrap(history, name, soon));
  listen(window, 'popstate hashchange', soon);
}
listen(window, 'pageshow', (event) => event.persisted && view());
