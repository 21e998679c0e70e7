// Elements that come into view.

import { guarded, opening } from './core.js';
import { describe, sources } from './events.js';
import { seldom } from './seldom.js';

// Looks now, and when the page has changed.
const onChange = (look) => {
  opening.push(look);
  new MutationObserver(seldom(look, 200)).observe(document, { childList: true, subtree: true });
};

sources.visible = (fire, css, percent) => {
  const met = new WeakSet();
  const least = (percent || 0) / 100;
  const watcher = new IntersectionObserver(guarded((entries) => entries.map(({ isIntersecting, intersectionRatio, target }) => {
    if (isIntersecting && intersectionRatio >= least) fire({ ...describe(target), percent: Math.round(intersectionRatio * 100) });
  })), { threshold: least });
  onChange(() => document.querySelectorAll(css).forEach((node) => {
    if (met.has(node)) return;
    met.add(node);
    watcher.observe(node);
  }));
};
