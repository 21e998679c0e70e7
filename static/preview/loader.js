// Between a page and its preview: asks the gateway whether the token is good, and only then loads anything else.
// Served as /preview/{container}; the container's script loads it in a page whose address or tab asks for a preview.

import { all, forget, found, keep, kept } from './files/tab.js';

const here = new URL(import.meta.url);
const name = here.pathname.replace(/.*\//, '');
const { fetch } = window;
const asked = /([?#&])taggate_preview=([^&#]*)(&?)/;
let running;
// A page that is rendered ahead is looked at when it is seen; calls one after the other.
let turn = document.prerendering ? new Promise((seen) => document.addEventListener('prerenderingchange', seen, { once: true })) : Promise.resolve();

const say = (text) => console.info('taggate: ' + text);

// Out of the address before anything is counted. An empty one ends every preview of the tab.
const take = () => {
  const given = asked.exec(location.href);
  if (!given) return;
  let rest = location.href;
  while (asked.test(rest)) rest = rest.replace(asked, (whole, mark, token, more) => (mark == '&' ? more : more && mark));
  history.replaceState(history.state, '', rest);
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
  if (!running) forget([name]);
  say(`there is no preview of ${name}: ${why}.`);
  return null;
};

// Instead of what is there, until the function that this returns is called.
const instead = (target, name, own) => {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value: own, configurable: true, writable: true });
  return () => (before ? Object.defineProperty(target, name, before) : delete target[name]);
};

// What happens in the panel did not happen on the page.
const deaf = (target, host) => {
  const { addEventListener: listen } = target;
  return instead(target, 'addEventListener', (type, hear, how) => listen.call(target, type, (event) => event.target === host || hear(event), how));
};

// A script sends by `fetch` and listens as it finds it when it starts, which is in this very moment: so that scripts of those
// who see no preview need not ask for anything else.
const start = (script, panel) => {
  const base = here.href.replace(/\/preview\/[^/]*$/, '');
  const back = [instead(window, 'fetch', panel.fetch), deaf(window, panel.host), deaf(document, panel.host)];
  try {
    script.run({ panel, script: { nonce: nonce() }, base, again: (said) => run(() => {}, said) });
  } finally {
    // It starts in the very next turn, before this.
    Promise.resolve().then(() => back.map((restore) => restore()));
  }
};

// Of scripts that the page trusts already; one that a container loads needs it.
const nonce = () => (document.querySelector('script[nonce]') || {}).nonce;

const end = () => {
  forget([name]);
  location.reload();
};

const shown = async (boot, said) => {
  const called = typeof said == 'string';
  if (!called) take();
  else if (said) found(said, name);
  const token = called && !said ? null : kept(name);
  if (running && !token) return end();
  if (running && token == running) return undefined;
  const told = token && (await opened(token));
  if (!told) return running ? keep(name, running) : boot();
  const lasts = keep(name, token);
  if (called || running) return lasts ? location.reload() : say('a preview needs the storage of this tab.');
  const [{ open }, script] = await Promise.all([import('./files/panel.js'), import('./' + told.script)]);
  running = token;
  return start(script, open({ name, told, token, ask, fetch, end }));
};

// `boot` starts the script that asks, if it has not started; `said`: a token that the page handed over in a call.
export const run = (boot, said) => {
  turn = turn.then(async () => {
    try {
      await shown(boot, said);
    } catch {
      say(`the preview of ${name} could not be loaded.`);
      boot();
    }
  });
};
