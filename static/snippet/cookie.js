// Cookies that scripts may read.

import { guarded, kinds } from './core.js';

kinds.cookie = (name) => {
  const text = document.cookie.split('; ').find((pair) => pair.startsWith(name + '='))?.slice(name.length + 1);
  return guarded(decodeURIComponent)(text || '') || text;
};
