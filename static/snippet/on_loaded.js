// All of the page is there.

import { listen, opening } from './core.js';
import { sources } from './events.js';

sources.loaded = (fire) =>
  opening.push(() => (document.readyState == 'complete' ? fire() : listen(window, 'load', fire)));
