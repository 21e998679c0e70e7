// What the website keeps in sessionStorage.

import { kinds } from './core.js';

kinds.session_storage = (key) => sessionStorage.getItem(key);
