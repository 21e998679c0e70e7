// Page views of an application that changes its address, and of pages that come back from the back/forward cache.

import { gate, guarded, later, leaving, listen, refreshing } from './core.js';
import { copy } from './json.js';
import { hits, moved, view } from './queue.js';
import { schedule } from './send.js';

let latest; // page view
// An application has the title of the page before for a while, or none, or one that says that it loads: the page view waits.
const look = () => {
  if (gate.counts_?.() || !moved()) return;
  schedule(1e3);
  latest = 0;
  view();
  latest = hits().pop();
};
const soon = () => moved() && later(look, 50);

refreshing.push(() => latest && !moved() && (latest.title = copy(document.title)));

leaving.push(look);
// The title follows the address; of two addresses at once only the last is seen. Where no browser tells, it is looked at
// now and then: what the page has made of its history stays as it is.
if (window.navigation?.currentEntry) listen(window.navigation, 'currententrychange', soon);
else setInterval(guarded(soon), 150);
listen(window, 'pageshow', (event) => event.persisted && view());
