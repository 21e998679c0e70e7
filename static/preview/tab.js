// What a tab keeps of its previews: a token for each container, and how the panel stands. Nothing of it is ever sent but
// the token, and that only to the gateway.

const KEY = 'taggate_preview';
const TOKEN = KEY + '.';
const MARK = ' ' + KEY; // in the tab's name, where the scripts look: nobody's storage is read for nothing
const memory = { __proto__: null };

const tried = (use) => {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
};

export const read = (key) => memory[key] ?? tried((storage) => storage.getItem(key));

export const write = (key, text) => {
  memory[key] = text;
  tried((storage) => storage.setItem(key, text));
};

const remove = (key) => {
  delete memory[key];
  tried((storage) => storage.removeItem(key));
};

// The containers of which there is a token.
export const all = () =>
  [...new Set([...Object.keys(memory), ...(tried((storage) => Object.keys(storage)) || [])])].filter((key) => key.startsWith(TOKEN)).map((key) => key.slice(TOKEN.length));

export const kept = (container) => read(TOKEN + container);

// What nobody looked at yet is for this page. A token begins with its container's name: of two on a page each finds its
// own, and one without a name is for whoever finds it.
export const found = (token, container) => (memory[TOKEN + (/^(\w+)\./.exec(token) || [0, container])[1]] = token);

// A good one is for the tab. Whether the next page will find it.
export const keep = (container, token) => {
  write(TOKEN + container, token);
  if (!window.name.includes(MARK)) window.name += MARK;
  return !!tried((storage) => storage.getItem(TOKEN + container));
};

export const forget = (containers) => {
  containers.map((one) => remove(TOKEN + one));
  if (all().length) return;
  ['tab', 'look', 'before'].map((one) => remove(`${KEY}:${one}`));
  window.name = window.name.replace(MARK, '');
};

// A random text that tells this tab from others.
export const tab = () => {
  const key = KEY + ':tab';
  if (!read(key)) write(key, [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
  return read(key);
};

export const note = (what, value) => write(`${KEY}:${what}`, JSON.stringify(value));

export const noted = (what) => {
  try {
    return JSON.parse(read(`${KEY}:${what}`));
  } catch {
    return null;
  }
};
