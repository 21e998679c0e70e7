// The first sign of a person, on each page view.

import { listen } from './core.js';
import { nth, sources } from './events.js';

const ACTIONS = { keydown: 'key', pointerdown: 'click', touchstart: 'touch', scroll: 'scroll', mousemove: 'move' };

sources.interaction = (fire) => {
  let done;
  listen(document, Object.keys(ACTIONS).join(' '), ({ type, pointerType, isTrusted }) => {
    if (!isTrusted || done == nth.view_) return;
    done = nth.view_;
    fire({ action: pointerType == 'touch' ? 'touch' : ACTIONS[type] });
  });
};
