// The first sign of a person, on each page view.

import { keys, listen } from './core.js';
import { nth, sources } from './events.js';

const ACTIONS = { keydown: 'key', pointerdown: 'click', touchstart: 'touch', scroll: 'scroll', mousemove: 'move' };

sources.interaction = (fire) => {
  let done;
  listen(document, keys(ACTIONS).join(' '), ({ type, pointerType, isTrusted }) => {
    if (!isTrusted || done == nth) return;
    done = nth;
    fire({ action: pointerType == 'touch' ? 'touch' : ACTIONS[type] });
  });
};
