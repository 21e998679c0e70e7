// Texts and attributes of elements.

import { isArray, kinds } from './core.js';

kinds.element = (source) => {
  const [css, attribute] = isArray(source) ? source : [source];
  const found = document.querySelector(css);
  return found && (attribute ? found.getAttribute(attribute) : found.textContent.trim());
};
