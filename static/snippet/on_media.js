// Films and sounds: play, pause, quarters, end.

import { listen } from './core.js';
import { sources } from './events.js';
import { address } from './queue.js';

sources.media = (fire, css) => {
  const quarters = new WeakMap(); // the last that was passed, in percent
  listen(document, 'play pause timeupdate ended', ({ type, target }) => {
    if (!target.matches(css)) return;
    const percent = Math.floor((target.currentTime / target.duration) * 100) || 0;
    const tell = (action) => fire({ action, percent, id: target.getAttribute('id'), href: address(target.currentSrc) });
    if (type == 'timeupdate') {
      for (let at; (at = (quarters.get(target) || 0) + 25) <= percent && at < 100; quarters.set(target, at)) tell('' + at);
    } else if (type != 'pause' || !target.ended) {
      // From the beginning: again, or another one in its place.
      if (!percent) quarters.delete(target);
      tell(type.replace('ed', ''));
    }
  });
};
