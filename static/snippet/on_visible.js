// Elements that come into view.

import { guarded } from './core.js';
import { describe, onChange, sources } from './events.js';

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
