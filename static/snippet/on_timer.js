// For how long a page has been looked at.

import { later, listen, viewing } from './core.js';
import { sources } from './events.js';

sources.timer = (fire, seconds, repeat) => {
  let left = 0; // milliseconds
  let begun = 0;
  let count = 0;
  let timer;
  const pause = () => {
    clearTimeout(timer);
    if (begun) left -= Date.now() - begun;
    begun = 0;
  };
  const go = () => {
    if (document.hidden || left <= 0) return;
    begun = Date.now();
    timer = later(() => {
      begun = 0;
      left = repeat ? seconds * 1e3 : 0;
      go();
      fire({ seconds: seconds * ++count, count });
    }, left);
  };
  listen(document, 'visibilitychange', () => (document.hidden ? pause() : go()));
  viewing.push(() => {
    pause();
    left = seconds * 1e3;
    count = 0;
    go();
  });
};
