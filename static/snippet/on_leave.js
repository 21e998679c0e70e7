// The mouse leaves the window at the top.

import { listen } from './core.js';
import { sources } from './events.js';

sources.leave = (fire) => listen(document, 'mouseout', (event) => event.relatedTarget || event.clientY > 0 || fire());
