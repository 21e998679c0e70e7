// Page views of an application that changes its address, and of pages that come back from the back/forward cache.

import { gate, guarded, later, leaving, listen } from './core.js';
import { moved, view } from './queue.js';

const look = () => gate.counts_?.() || (moved() && view());
const soon = () => moved() && later(look, 50);

leaving.push(look);
// The title follows the address; of two addresses at once only the last is seen. Where no browser tells, it is looked at
// now and then: what the page has made of its history stays as it is.
if (window.navigation?.currentEntry) listen(window.navigation, 'currententrychange', soon);
else setInterval(guarded(soon), 150);
listen(window, 'pageshow', (event) => event.persisted && view());
