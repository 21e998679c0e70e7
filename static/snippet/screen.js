// The screen's size.

import { kinds } from './core.js';

kinds.screen = (side) => screen[side];
