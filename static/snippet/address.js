// Addresses as they may leave: without user, password and the parameters that the site drops.
// needs: core

function dropped(pair) {
  let name = pair.split('=')[0].replace(/\+/g, ' ');
  try {
    name = decodeURIComponent(name);
  } catch {
    // Badly encoded: compared as it stands.
  }
  return config.drop_query.indexOf(name.toLowerCase().split('[')[0]) >= 0;
}

// A query stands behind `?`, and in fragments also behind `#`: #/path?a=b, #a=b.
function address(url) {
  return url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#\\]*@/i, '$1').replace(/([?#])([^?#]*)/g, (all, mark, text) => {
    const pairs = text.split(/(?=[&;])/);
    const left = pairs.filter((pair) => !dropped(pair.replace(/^[&;]/, '')));
    return left.length === pairs.length ? all : (left.length ? mark : '') + left.join('').replace(/^[&;]/, '');
  });
}
