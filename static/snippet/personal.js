// What is personal: whether it may leave now, and taking it out of all else where it may not.
// needs: core, json

const held = []; // every personal text met in this document, and how to find it
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
    if (text.length > 3 && !held.some((known) => known.text === text)) held.push({ text, pattern: pattern(text) });
  });
  held.splice(0, held.length - 100);
}

// As it is, URL-encoded (twice) and in base64: what the gateway looks for too, but for hashes.
function spellings(text) {
  const encoded = encodeURIComponent(text);
  const bytes = encoded.replace(/%(..)/g, (all, code) => String.fromCharCode(parseInt(code, 16)));
  const base64 = btoa(bytes).replace(/=+$/, '');
  const words = [text, encodeURI(text), encoded, encoded.replace(/%20/g, '+'), base64];
  return words.concat(encodeURIComponent(encoded), encodeURIComponent(base64), base64.replace(/\+/g, '-').replace(/\//g, '_'));
}

// As in the gateway: a match counts where no letter or digit stands beside it; an e-mail address always.
function pattern(text) {
  const words = spellings(text).filter((word, at, all) => all.indexOf(word) === at);
  const any = '(?:' + words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|') + ')';
  const alone = '(^|%(?:25)*[0-9a-f]{2}|[^\\p{L}\\p{N}])' + any + '(?![\\p{L}\\p{N}])';
  return new RegExp(text.indexOf('@') < 0 ? alone : '()' + any, 'giu');
}

// A cleaner for texts and JSON of a hit that sends only what is in `shown`.
function cleaner(shown) {
  const hidden = held.filter((known) => shown.indexOf(known.text) < 0).sort((a, b) => b.text.length - a.text.length);
  const clean = (value) => {
    if (isArray(value)) return value.map(clean);
    if (isMap(value)) {
      const made = Object.create(null);
      keys(value).forEach((key) => (made[key] = clean(value[key])));
      return made;
    }
    if (typeof value !== 'string' && typeof value !== 'number') return value;
    const text = hidden.reduce((rest, known) => rest.replace(known.pattern, '$1(removed)'), String(value));
    return text === String(value) ? value : text;
  };
  return clean;
}
