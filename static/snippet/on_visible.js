// Elements that come into view.

import { guarded, opening } from './core.js';
import { describe, sources } from './events.js';
import { seldom } from './seldom.js';

sources.visible = (fire, css, percent) => {
  const least = percent / 100;
  const watcher = new IntersectionObserver(guarded((entries) => entries.map(({ isIntersecting, intersectionRatio, target }) => {
    if (isIntersecting && target.matches(css) && intersectionRatio >= least) fire({ ...describe(target), percent: Math.round(intersectionRatio * 100) });
  })), { threshold: least });
  // Looks now, and when the page has changed.
  const look = () => document.querySelectorAll(css).forEach((node) => watcher.observe(node));
  opening.push(look);
  new MutationObserver(seldom(look, 200)).observe(document, { attributes: true, childList: true, subtree: true });
};
