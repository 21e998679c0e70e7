// Films and sounds: play, pause, quarters, end.

import { listen } from './core.js';
import { sources } from './events.js';
import { address } from './queue.js';

sources.media = (fire, css) => {
  const quarters = new WeakMap(); // how many were passed
  listen(document, 'play pause timeupdate ended', ({ type, target }) => {
    if (!target.matches(css)) return;
    const { currentTime, duration, currentSrc } = target;
    const percent = Math.floor((currentTime / duration) * 100) || 0;
    const passed = Math.min(3, Math.floor(percent / 25));
    const tell = (action) => fire({ action, percent, id: target.getAttribute('id'), href: address(currentSrc) });
    if (type == 'timeupdate') {
      for (let at = (quarters.get(target) || 0) + 1; at <= passed; at++) tell('' + at * 25);
      quarters.set(target, Math.max(passed, quarters.get(target) || 0));
    } else if (type == 'ended') {
      quarters.delete(target);
      tell('end');
    } else if (type == 'play' || !target.ended) tell(type);
  });
};
