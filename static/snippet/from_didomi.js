// Didomi: purposes and vendors by their id. Where no law asks for a choice, nobody was asked.

import { starting } from './core.js';
import { follow, grants } from './watch.js';

const check = follow(() => {
  const { purposes, vendors, regulation } = window.Didomi?.getCurrentUserStatus?.() || {};
  return purposes && regulation != 'none' && !Didomi.shouldUserStatusBeCollected() && grants((word) => (purposes[word] || vendors[word])?.enabled);
});

starting.push(() => {
  (window.didomiOnReady ||= []).push(check);
  (window.didomiEventListeners ||= []).push({ event: 'consent.changed', listener: check });
});
