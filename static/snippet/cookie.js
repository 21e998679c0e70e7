// Cookies that scripts may read.

import { kinds } from './core.js';

kinds.cookie = (name) => {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(name + '='));
  const text = found && found.slice(name.length + 1);
  try {
    return decodeURIComponent(text || '') || text;
  } catch {
    return text;
  }
};
