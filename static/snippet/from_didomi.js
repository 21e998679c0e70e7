// Didomi: purposes and vendors by their id.

import { guarded, starting } from './core.js';
import { follow, grants } from './watch.js';

const check = follow(() => {
  const { Didomi } = window;
  if (!Didomi?.getCurrentUserStatus || Didomi.shouldUserStatusBeCollected()) return;
  const { purposes, vendors } = Didomi.getCurrentUserStatus();
  return grants((word) => (purposes[word] || vendors[word])?.enabled);
});

starting.push(() => {
  (window.didomiOnReady ||= []).push(guarded(check));
  (window.didomiEventListeners ||= []).push({ event: 'consent.changed', listener: guarded(check) });
});
