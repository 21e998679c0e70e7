// The page is left.

import { leaving } from './core.js';
import { sources } from './events.js';

sources.unload = (fire) => leaving.push((event) => event.type == 'pagehide' && fire());
