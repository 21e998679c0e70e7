// The screen's size.

import { kinds } from './core.js';

kinds.screen = (side) => window.screen[side];
