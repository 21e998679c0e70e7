// Something fills the screen, or stops to.

import { listen } from './core.js';
import { sources } from './events.js';

sources.fullscreen = (fire) =>
  listen(document, 'fullscreenchange', () => fire({ action: document.fullscreenElement ? 'enter' : 'exit' }));
