// Addresses as they may leave: without the parameters that the site drops.

import { gate } from './core.js';

const dropped = (pair) => {
  let name = pair.replace(/^[&;]|=.*/gs, '').replace(/\+/g, ' ');
  try {
    name = decodeURIComponent(name);
  } catch {
    // Badly encoded: compared as it stands.
  }
  return config.q.includes(name.toLowerCase().replace(/\[.*/s, ''));
};

// A query stands behind `?`, and in fragments also behind `#`: #/path?a=b, #a=b.
gate.address_ = (url) => url?.replace(/([?#])([^?#]*)/g, (all, mark, text) => {
  const pairs = text.split(/(?=[&;])/);
  const left = pairs.filter((pair) => !dropped(pair));
  return left.length == pairs.length ? all : left[0] ? mark + left.join('').replace(/^[&;]/, '') : '';
});
