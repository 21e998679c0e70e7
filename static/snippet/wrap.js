// A function of the page's that tells when it was called.

import { guarded } from './core.js';

// Calls the original first, whatever the page made of it; what is frozen stays as it is.
export const wrap = guarded((object, name, after) => {
  const original = object[name];
  object[name] = function (...given) {
    const result = original.apply(this, given);
    guarded(after)(...given);
    return result;
  };
});
