// Didomi: purposes and vendors by their id.

import { starting } from './core.js';
import { follow, grants } from './watch.js';

const check = follow(() => {
  const { purposes, vendors } = window.Didomi?.getCurrentUserStatus?.() || {};
  return purposes && !Didomi.shouldUserStatusBeCollected() && grants((word) => (purposes[word] || vendors[word])?.enabled);
});

starting.push(() => {
  (window.didomiOnReady ||= []).push(check);
  (window.didomiEventListeners ||= []).push({ event: 'consent.changed', listener: check });
});
