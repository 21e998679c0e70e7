// The panel: events to the left, the chosen one to the right. In a closed shadow root, so that scripts which read pages
// (recordings of sessions, for one) do not read it.

import { FORMS, facts, fields, tags, triggers, variables } from './detail.js';
import { chip, h, standing, time } from './dom.js';
import { sheet } from './style.js';
import { kept, note, noted, tab } from './tab.js';

const MOST = 200;
const STATES = {
  held: ['held', 'Held in the page’s memory until the visitor has answered. Nothing has left.'],
  soon: ['waiting', 'About to be sent.'],
  sent: ['sent', 'On its way to the gateway.'],
  failed: ['tried again', 'The gateway could not take it; it is sent again.'],
  gone: ['dropped', 'Dropped in the page: the visitor refused, or it had to make room. Nothing has left.'],
  lost: ['sent', 'Sent when the page was left: the answer was not seen.'],
  repeat: ['known', 'The gateway had this hit already; it counts once.'],
  choice: ['choice', 'The visitor chose. The gateway was told.'],
  unsaid: ['choice', 'The visitor chose. In the preview of a version that is not published the gateway is not told.'],
  rejected: ['refused', 'The gateway cannot read this hit.'],
};

// What the script of the preview is handed: `made` is told of each hit, `draw` of changes, `fetch` sends.
export const open = ({ name, told, token, ask, fetch, end }) => {
  const entries = (noted('before') || []).map((one) => ({ ...one, before: true }));
  const look = { size: 'open', dock: 'bottom', ...noted('look') };
  const opened = new Set();
  const ran = new Set();
  const here = tab();
  let chosen;
  let over = '';
  let drawing = 0;
  let last;

  const host = document.createElement('taggate-preview');
  host.popover = 'manual';
  const root = host.attachShadow({ mode: 'closed' });
  root.adoptedStyleSheets = [sheet()];
  // For who cannot see it; what is redrawn is not read out.
  const heard = h('p.heard', { role: 'status' });
  const body = h('div');
  root.append(heard, body);
  // The page's own keys are for the page, and a click in the panel is none beside its menus.
  ['keydown', 'keyup', 'keypress', 'pointerdown', 'mousedown', 'click'].map((type) => host.addEventListener(type, (event) => event.stopPropagation()));
  root.addEventListener('keydown', (event) => keys(event));

  const find = (id) => entries.find((entry) => entry.id == id);

  const state = (entry) => {
    if (entry.before) return entry.words ? '' : entry.state || 'lost';
    if (entry.trace) return '';
    if (entry.state) return entry.state;
    return entry.page.waits || 'gone';
  };

  // Above all of the page, wherever its styles move and hide the rest of it; while a modal dialog is open, only what is in
  // that can be used.
  const show = () => {
    const above = [...document.querySelectorAll('dialog:modal')].pop() || document.documentElement;
    if (host.parentNode === above) return;
    above.append(host);
    if (host.showPopover) host.showPopover();
  };

  const draw = () => {
    drawing ||= setTimeout(() => {
      drawing = 0;
      for (const entry of entries) if (!entry.before) entry.page = entry.read();
      const stood = standing(root, current() == last);
      show();
      body.replaceChildren(look.size == 'pill' ? pill() : panel());
      stood();
      last = current();
      tell();
    }, 30);
  };

  const tell = () => {
    const newest = entries[entries.length - 1];
    const news = over || (newest ? `${entries.length}: ${newest.event}` : '');
    if (heard.textContent != news) heard.textContent = news;
  };

  const set = (change) => {
    Object.assign(look, change);
    note('look', look);
    draw();
  };

  const choose = (entry) => {
    chosen = entry;
    draw();
  };

  const current = () => (entries.includes(chosen) ? chosen : entries[entries.length - 1]);

  const pill = () => h('button.pill', { 'data-key': 'hide', onclick: () => set({ size: 'open' }), title: 'Show the preview' }, h('span.dot'), `taggate preview · ${entries.length}`);

  // A button of one character, which says nothing to who hears it.
  const sign = (key, text, title, change) => h('button', { 'data-key': key, onclick: () => set(change), title, 'aria-label': title }, text);

  const panel = () =>
    h(
      `.panel.${look.dock}.${look.size}`,
      { role: 'region', 'aria-label': 'taggate preview' },
      h(
        'header',
        {},
        h('span.dot'),
        h('b', {}, 'taggate preview'),
        h('span.site', {}, told.site),
        chip(told.published ? 'running version' : 'unpublished version', told.published ? 'yes' : 'hash'),
        h('span.dim.wide', {}, `revision ${told.revision.slice(0, 8)} · until ${time(told.until).slice(0, 5)}`),
        h('span.gap'),
        sign('dock', look.dock == 'top' ? '↓' : '↑', 'To the other edge of the window', { dock: look.dock == 'top' ? 'bottom' : 'top' }),
        look.size == 'tall' ? sign('size', '–', 'Smaller', { size: 'open' }) : sign('size', '+', 'Larger', { size: 'tall' }),
        h('button', { 'data-key': 'hide', onclick: () => set({ size: 'pill' }), title: 'Put it aside (Escape)' }, 'Hide'),
        h('button.end', { 'data-key': 'end', onclick: end, title: 'End the preview in this tab' }, 'End'),
      ),
      h(`p.notice${over ? '.bad' : ''}`, {}, over || (told.published ? 'This is the version that runs. Hits are real: receivers get them as ever.' : 'This version is not published. Nothing is sent to any receiver and nothing is kept.')),
      h('main', {}, list(), detail()),
    );

  const list = () =>
    h('nav', { 'aria-label': 'Events' }, entries.length ? entries.map(item) : h('p.dim', {}, 'Nothing has happened yet.'));

  const item = (entry) =>
    h(
      `button.event${entry.before ? '.before' : ''}`,
      { 'aria-current': String(entry == current()), 'data-key': 'event', onclick: () => choose(entry) },
      h('span.what', {}, entry.event),
      h('span.when', {}, time(entry.at)),
      h('span.marks', {}, state(entry) ? chip(STATES[state(entry)][0], 'unsure') : marks(entry)),
    );

  const marks = (entry) => {
    const words = entry.words || summary(entry.trace);
    return Object.keys(words).length ? named(words) : chip('no tag', 'none');
  };

  // By the colour of the form in which the User ID goes there.
  const named = (words) => {
    const all = Object.entries(words);
    return [...all.slice(0, 3).map(([tag, word]) => chip(tag, word, `${tag}: ${FORMS[word][0]}`)), all.length > 3 && chip(`+${all.length - 3}`)];
  };

  const detail = () => {
    const entry = current();
    if (!entry) return h('article', {}, h('p.dim', {}, 'What happens on the page is listed on the left. Choose one to see why.'));
    const why = state(entry);
    const title = h('h2', {}, entry.event, h('span.dim', {}, ` ${time(entry.at)}`));
    if (entry.before) return h('article', {}, title, h('p.state', {}, why ? STATES[why][1] : `On a page before. ${said(entry.words)}`));
    return h(
      'article',
      { tabindex: '0', 'data-key': 'detail', 'aria-label': entry.event },
      title,
      why && h('p.state', {}, STATES[why][1], entry.detail && ` ${entry.detail}`),
      facts(entry, told),
      entry.trace && tags(entry, told, opened),
      entry.trace && triggers(entry, opened),
      variables(entry),
      fields(entry),
    );
  };

  // Of each tag that gets something, the form of the User ID.
  const summary = (trace) => Object.fromEntries(Object.entries(trace.tags).filter(([, tag]) => tag.sent).map(([tag, { decision }]) => [tag, decision]));

  const said = (words) => (Object.keys(words).length ? Object.entries(words).map(([tag, word]) => `${tag}: ${word}`).join(', ') : 'No tag got it.');

  const keys = (event) => {
    if (event.key == 'Escape') {
      // Not the page's dialog.
      event.preventDefault();
      return set({ size: 'pill' });
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !root.activeElement || !root.activeElement.matches('.event')) return undefined;
    event.preventDefault();
    const next = entries[entries.indexOf(current()) + step];
    if (next) choose(next);
    return undefined;
  };

  const mark = (ids, change) => {
    for (const id of ids) Object.assign(find(id) || {}, change);
    draw();
  };

  // What was sent is not kept here: only that it was.
  addEventListener('pagehide', () => kept(name) && note('before', entries.slice(-20).map(({ id, event, at, trace, words, state: last }) => ({ id, event, at, words: trace ? summary(trace) : words, state: id ? '' : last }))));

  // The gateway says it each time, the page runs it the first time.
  const once = (trace) => {
    for (const [name, tag] of Object.entries(trace.tags)) {
      if (!tag.sent || !tag.once_per_page) continue;
      if (ran.has(name)) Object.assign(tag, { sent: false, rule: 'once_per_page: yes', decision: null, because: [], text: null, request: null });
      ran.add(name);
    }
    return trace;
  };

  const collect = async (address, options) => {
    const { hits } = JSON.parse(options.body);
    const ids = hits.map((hit) => hit.id);
    // What a page before could not send.
    hits.filter(({ id }) => !find(id)).map((hit) => add({ id: hit.id, event: hit.event, at: hit.at, read: () => ({ hit, personal: [] }) }));
    mark(ids, { state: 'sent' });
    let answer;
    try {
      const { keepalive, credentials } = options;
      answer = await ask({ token, tab: here, hits: options.body }, { keepalive, credentials });
    } catch (error) {
      mark(ids, { state: 'failed' });
      throw error;
    }
    if (answer.status == 403 || answer.status == 409) return ended(address, options, ids);
    if (!answer.ok) {
      mark(ids, answer.status == 429 || answer.status > 499 ? { state: 'failed' } : { state: 'rejected', detail: (await answer.clone().json()).detail });
      return answer;
    }
    const found = await answer.json();
    mark(ids, { state: 'repeat' });
    for (const { index, detail } of found.rejected) mark([ids[index]], { state: 'rejected', detail });
    for (const trace of found.hits) mark([trace.id], { trace: once(trace), state: '', claim: hits[ids.indexOf(trace.id)].consent });
    told.revision = found.revision;
    return found.run.length && told.published ? new Response(JSON.stringify({ run: found.run })) : new Response(null, { status: 204 });
  };

  // Hits of the version that runs go on as ever, only unseen.
  const ended = (address, options, ids) => {
    over = told.published ? 'The token has expired: hits go on as ever, unseen.' : 'The token has expired, or this version is gone: nothing is shown any more.';
    mark(ids, { state: 'lost' });
    return told.published ? fetch(address, options) : new Response(null, { status: 204 });
  };

  const add = (entry) => {
    entries.push({ ...entry, page: entry.read() });
    if (entries.length > MOST) entries.shift();
    draw();
  };

  // A page that is rendered ahead does not know the tab that it will be shown in: it would come without the preview.
  const still = () => document.querySelectorAll('script[type=speculationrules]').forEach((rules) => rules.remove());
  new MutationObserver(still).observe(document, { childList: true, subtree: true });
  still();
  new MutationObserver(() => host.isConnected && show()).observe(document, { attributeFilter: ['open'], subtree: true });

  draw();
  return {
    host,
    draw,
    made: (id, read) => {
      // It is told its time only when it takes its place.
      add({ id, event: read().hit.event, at: Date.now(), read });
    },
    fetch: async (address, options) => {
      if (address.endsWith(`/collect/${told.called}`)) return collect(address, options);
      if (!address.endsWith(`/consent/${told.called}`)) return fetch(address, options);
      const { at, consent } = JSON.parse(options.body);
      const letters = told.purposes.map((purpose) => ({ true: 'g', false: 'r' })[consent[purpose]] || 'u');
      const page = { hit: {}, personal: [], state: letters.join('') };
      add({ event: 'consent', at, read: () => page, state: told.published ? 'choice' : 'unsaid' });
      return told.published ? fetch(address, options) : new Response(null, { status: 204 });
    },
  };
};
