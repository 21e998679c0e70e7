// How far down the page somebody has scrolled; once for each page view.

import { later, listen, viewing } from './core.js';
import { nth, sources } from './events.js';

sources.scroll = (fire, percent) => {
  let done;
  let timer;
  const look = () => {
    timer = 0;
    const seen = (scrollY + innerHeight) / document.documentElement.scrollHeight;
    // A pixel's fraction may be missing at the end.
    if (document.readyState != 'complete' || done == nth.view_ || seen * 100 + 0.5 < percent) return;
    done = nth.view_;
    fire({ percent });
  };
  const soon = () => {
    timer ||= later(look, 100);
  };
  listen(window, 'scroll resize load', soon);
  viewing.push(soon);
};
