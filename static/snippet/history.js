// Page views of an application that changes its address, and of pages that come back from the back/forward cache.

import { gate, later, leaving, listen, now, viewing, wrap } from './core.js';
import { place, view } from './queue.js';

let arriving = 0;

// The title follows the address; of two addresses at once only the last was seen.
const moved = () => {
  clearTimeout(arriving);
  arriving = !(gate.counts_?.()) && place(now.shown_) != place(location.href) && later(() => view(), 50);
};

viewing.push(() => (arriving = clearTimeout(arriving)));
leaving.push(() => arriving && view());
if (window.navigation) listen(navigation, 'currententrychange', moved);
else {
  ['pushState', 'replaceState'].map((name) => wrap(history, name, moved));
  listen(window, 'popstate hashchange', moved);
}
listen(window, 'pageshow', (event) => event.persisted && view());
