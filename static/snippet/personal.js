// What is personal: whether it may leave now, and taking it out of text where it may not.
// needs: core

const held = []; // every personal text met in this document
const gone = Object.create(null); // those that have left it

function may(variable) {
  const states = config.may_leave[variable];
  return !!states && states.indexOf(gate.state()) >= 0;
}

function texts(value) {
  if (value && typeof value === 'object') return [].concat.apply([], keys(value).map((key) => texts(value[key])));
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return text ? [text] : [];
}

function hold(value) {
  texts(value).forEach((text) => {
    if (text.length > 3 && held.indexOf(text) < 0) held.push(text);
  });
  held.splice(0, held.length - 100);
}

function spellings(text) {
  const encoded = encodeURIComponent(text);
  return [text, encodeURI(text), encoded, encodeURIComponent(encoded), encoded.replace(/%20/g, '+')];
}

// As in the gateway: a match counts where no letter or digit stands beside it; an e-mail address always.
function pattern(text) {
  const escaped = text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return /@|%(25)*40/.test(text)
    ? new RegExp('()' + escaped, 'giu')
    : new RegExp('(^|%(?:25)*[0-9a-f]{2}|[^\\p{L}\\p{N}])' + escaped + '(?![\\p{L}\\p{N}])', 'giu');
}

function scrub(text, shown) {
  const hidden = held.filter((value) => shown.indexOf(value) < 0).sort((a, b) => b.length - a.length);
  return hidden.reduce((left, value) => spellings(value).reduce((rest, word) => rest.replace(pattern(word), '$1(removed)'), left), text);
}
