// Between a page and its preview: asks the gateway whether the token is good, and only then loads anything else.
// Served as /preview/{container}; the container's script loads it in a page whose address or tab asks for a preview.

import { all, forget, found, keep, kept } from './files/tab.js';

const here = new URL(import.meta.url);
const name = here.pathname.replace(/.*\//, '');
const { fetch } = window;
const asked = /([?#&])taggate_preview=([^&#]*)(&?)/;
let running;

const say = (text) => console.info('taggate: ' + text);

// Out of the address before anything is counted. An empty one ends every preview of the tab.
const take = () => {
  const given = asked.exec(location.href);
  if (!given) return;
  history.replaceState(history.state, '', location.href.replace(asked, (whole, mark, token, more) => (mark == '&' ? more : more && mark)));
  if (given[2]) found(given[2], name);
  else forget(all());
};

const ask = (body, options) =>
  fetch(here.href, { method: 'POST', body: JSON.stringify(body), credentials: 'include', referrerPolicy: 'no-referrer', ...options });

const opened = async (token) => {
  let why = 'the gateway did not answer';
  try {
    const answer = await ask({ token });
    const told = await answer.json();
    if (answer.ok) return told;
    why = told.detail;
  } catch {
    // As above.
  }
  forget([name]);
  say(`there is no preview of ${name}: ${why}.`);
  return null;
};

// A script knows where it came from by its element, and sends by `fetch`: it looks for both when it starts, and finds
// these. So that scripts of those who see no preview need not ask.
const start = (script, panel) => {
  const { fetch: usual } = window;
  const element = Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript');
  const src = here.href.replace(/preview\/[^/]*$/, `t/${name}.js`);
  try {
    window.fetch = panel.fetch;
    Object.defineProperty(Document.prototype, 'currentScript', { configurable: true, get: () => ({ src }) });
    delete window.taggate.containers[name];
    script.run({ panel });
  } finally {
    Object.defineProperty(Document.prototype, 'currentScript', element);
    window.fetch = usual;
  }
};

const end = () => {
  forget([name]);
  location.reload();
};

const shown = async (boot, said) => {
  const called = typeof said == 'string';
  if (!called) take();
  else if (said) found(said, name);
  const token = called && !said ? null : kept(name);
  if (!token && running) return end();
  if (!token || token == running) return boot();
  const told = await opened(token);
  if (!told) return boot();
  const lasts = keep(name, token);
  if (called || running) return lasts ? location.reload() : say('a preview needs the storage of this tab.');
  const [{ open }, script] = await Promise.all([import('./files/panel.js'), import('./' + told.script)]);
  running = token;
  return start(script, open({ name, told, token, ask, fetch, end }));
};

// `boot` starts the script that asks, if it has not started; `said`: a token that the page handed over in a call.
export const run = async (boot, said) => {
  try {
    await shown(boot, said);
  } catch {
    running = null;
    say(`the preview of ${name} could not be loaded.`);
    boot();
  }
};
