// Cookies that scripts may read.
// needs: core

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

kinds.cookie = (name) => {
  const start = name + '=';
  const found = document.cookie.split('; ').filter((pair) => pair.indexOf(start) === 0)[0];
  return found && decode(found.slice(start.length));
};
kinds.cookie.storage = true;
