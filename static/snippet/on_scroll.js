// How far down the page somebody has scrolled; once for each page view.

import { listen, viewing } from './core.js';
import { nth, sources } from './events.js';
import { seldom } from './seldom.js';

sources.scroll = (fire, percent) => {
  let done;
  const soon = seldom(() => {
    const seen = (pageYOffset + innerHeight) / document.documentElement.scrollHeight;
    // A pixel's fraction may be missing at the end.
    if (document.readyState != 'complete' || done == nth || seen * 100 + 0.5 < percent) return;
    done = nth;
    fire({ percent });
  }, 100);
  listen(window, 'scroll resize load', soon);
  viewing.push(soon);
};
