// Texts and attributes of elements.

import { kinds } from './core.js';

kinds.element = ([css, attribute]) => {
  const found = document.querySelector(css);
  return found && (attribute ? found.getAttribute(attribute) : found.textContent.trim());
};
