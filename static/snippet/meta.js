// <meta name> and <meta property>.

import { kinds } from './core.js';

kinds.meta = (name) => {
  const found = [...document.getElementsByTagName('meta')].find((meta) =>
    ['name', 'property'].some((word) => (meta.getAttribute(word) || '').toLowerCase() == name.toLowerCase()));
  return found && found.content;
};
