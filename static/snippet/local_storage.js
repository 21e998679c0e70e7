// What the website keeps in localStorage.

import { kinds } from './core.js';

kinds.local_storage = (key) => localStorage.getItem(key);
