// Addresses as they may leave: without the parameters that the site drops.

import { gate, guarded } from './core.js';

// A query stands behind `?`, and in fragments also behind `#`: #/path?a=b, #a=b.
gate.address_ = (url) => url?.replace(/([?#])([^?#]*)/g, (all, mark, text) => {
  const pairs = text.split(/(?=[&;])/);
  const left = pairs.filter((pair) => {
    const name = pair.replace(/^[&;]|=.*/gs, '').replace(/\+/g, ' ');
    // Badly encoded: compared as it stands.
    return !config.q.includes((guarded(decodeURIComponent)(name) ?? name).toLowerCase().replace(/\[.*/s, ''));
  });
  return left.length == pairs.length ? all : left[0] ? mark + left.join('').replace(/^[&;]/, '') : '';
});
