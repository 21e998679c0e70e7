// How fast the page is, as far as it is known: times from when it was opened or, prerendered, first seen.

import { guarded, idle, kinds } from './core.js';

let lcp;
let cls;
const longest = {}; // interaction → its duration

const opened = () => performance.getEntriesByType('navigation')[0] || {};
const since = (time) => (time > 0 ? Math.max(0, Math.round(time - (opened().activationStart || 0))) : null);

const observe = guarded((type, use) =>
  new PerformanceObserver((list) => list.getEntries().map(guarded(use))).observe({ type, buffered: true, durationThreshold: 40 }));

idle(() => {
  let sum = 0;
  let first = 0;
  let last = 0;
  observe('largest-contentful-paint', ({ startTime }) => (lcp = startTime));
  if (window.LayoutShift) cls = 0;
  // The worst window of shifts: less than a second between them, five seconds at most.
  observe('layout-shift', ({ hadRecentInput, startTime, value }) => {
    if (hadRecentInput) return;
    if (startTime - last > 1e3 || startTime - first > 5e3) {
      sum = 0;
      first = startTime;
    }
    last = startTime;
    sum += value;
    cls = Math.max(cls, +sum.toFixed(4));
  });
  observe('event', ({ interactionId, duration }) => {
    if (interactionId) longest[interactionId] = Math.max(longest[interactionId] || 0, duration);
  });
});

const found = {
  load: () => since(opened().loadEventEnd),
  ttfb: () => since(opened().responseStart),
  lcp: () => since(lcp),
  cls: () => cls,
  inp: () => {
    const all = Object.values(longest).sort((one, other) => other - one);
    // Of fifty interactions one may be worse.
    return all[Math.min(all.length - 1, ((performance.interactionCount || all.length) / 50) | 0)];
  },
};

kinds.performance = (what) => found[what]();
