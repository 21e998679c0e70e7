// Plain JSON: copies of what a page hands over, and its text, whatever the page did to JSON and to prototypes.
// needs: core

const parse = (window.JSON || {}).parse;

// The copy shares nothing with the page; what is not plain JSON is undefined, and too deep, long or many is cut.
function copy(value, depth) {
  const level = depth || 0;
  if (typeof value === 'string') return value.slice(0, 8192).replace(/\0/g, '').replace(/[\ud800-\udfff]/gu, '\ufffd');
  if (typeof value === 'number') return isFinite(value) ? value : undefined;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object' || level > 8) return undefined;
  if (isArray(value)) return value.slice(0, 200).map((item) => either(copy(item, level + 1)));
  const parent = Object.getPrototypeOf(value);
  if (parent && Object.getPrototypeOf(parent)) return undefined;
  const made = Object.create(null);
  keys(value).slice(0, 200).forEach((key) => {
    const item = value[key] === undefined ? null : copy(value[key], level + 1);
    if (item !== undefined) made[copy(key)] = item;
  });
  return made;
}

function isMap(value) {
  return !!value && typeof value === 'object' && !isArray(value);
}

function either(value) {
  return value === undefined ? null : value;
}

function write(value) {
  if (typeof value === 'string') return '"' + value.replace(/["\\\0-\x1f]/g, escape) + '"';
  if (isArray(value)) return '[' + value.map((item) => write(item)).join() + ']';
  if (!value || typeof value !== 'object') return String(either(value));
  return '{' + keys(value).filter((key) => value[key] !== undefined).map((key) => write(key) + ':' + write(value[key])).join() + '}';
}

function escape(character) {
  return '\\u' + ('000' + character.charCodeAt(0).toString(16)).slice(-4);
}
