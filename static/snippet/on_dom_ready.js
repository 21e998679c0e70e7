// The page's text is there.

import { listen, opening } from './core.js';
import { sources } from './events.js';

sources.dom_ready = (fire) =>
  opening.push(() => (document.readyState == 'loading' ? listen(document, 'DOMContentLoaded', fire) : fire()));
