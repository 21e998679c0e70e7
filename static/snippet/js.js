// Values in the page's memory, by the path of their property.

import { kinds } from './core.js';

kinds.js = (path) => path.split('.').reduce((at, step) => at?.[step], window);
