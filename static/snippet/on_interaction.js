// The first sign of a person, on each page view.

import { listen } from './core.js';
import { nth, sources } from './events.js';

sources.interaction = (fire) => {
  let done;
  listen(document, 'keydown pointerdown touchstart scroll mousemove', ({ type, pointerType, isTrusted }) => {
    if (!isTrusted || done == nth) return;
    done = nth;
    fire({ action: (type + pointerType).match(/key|touch|scroll|move|$/)[0] || 'click' });
  });
};
