// One event in full: consent, who is signed in, what each tag got and why, each trigger's answer, each variable's value.

import { chip, h, opens } from './dom.js';

const KINDS = { yes: 'yes', no: 'no', 'cannot tell': 'unsure', granted: 'yes', refused: 'no', unknown: 'unsure' };
export const FORMS = {
  attach: ['User ID attached', 'attach'],
  hash: ['User ID hashed', 'hash'],
  drop: ['no User ID', 'drop'],
};
const SIGNED = {
  verified: 'signed in',
  unverified: 'somebody is said to be signed in, without proof: treated as not known',
  nobody: 'nobody is signed in',
  unsaid: 'the page does not tell who is signed in: it says nothing, or no rule allows that under this consent',
};
const UNSENT = {
  'send_when is not yes': 'its send_when is not fulfilled',
  'once_per_page: yes': 'it ran on this page already (once_per_page: yes)',
};
const STATES = { g: 'granted', r: 'refused', u: 'unknown' };

const section = (title, ...inner) => h('section', {}, h('h3', {}, title), ...inner);

const answer = (said) => chip(said, KINDS[said]);

const pair = (name, said) => h('span.pair', {}, h('span.name', {}, name), ' ', answer(said));

// A value as it is told: texts stand in quotes only where one could not see them otherwise.
const shown = (value) => (value === null || value === undefined ? '' : typeof value == 'string' ? value || '""' : JSON.stringify(value));

export const facts = (entry, told) => {
  const { trace } = entry;
  const letters = entry.page.state || '';
  const consent = trace ? Object.entries(trace.consent) : told.purposes.map((purpose, at) => [purpose, STATES[letters[at]]]);
  return h(
    '.facts',
    {},
    h('span.label', {}, 'Consent'),
    h(
      'span',
      {},
      consent.length ? consent.map(([purpose, state]) => pair(purpose, state)) : 'not asked on this site',
      trace && trace.gpc && chip('Global Privacy Control', 'unsure'),
      trace && overruled(trace, entry.claim) && h('.dim', {}, 'The page said granted: an earlier refusal of this person or on this device, or Global Privacy Control, is in force.'),
    ),
    entry.id && h('span.label', {}, 'Person'),
    entry.id && h('span', {}, trace ? person(trace) : 'the gateway decides when the hit arrives'),
    trace && h('span.label', {}, 'Visitor'),
    trace && h('span', {}, trace.cookie ? 'known again by a cookie' : trace.remember ? 'may be known again; a cookie is set' : 'not known again: no cookie'),
  );
};

const overruled = ({ consent }, claim = {}) => Object.keys(consent).some((purpose) => consent[purpose] == 'refused' && claim[purpose] === true);

const person = ({ identity }) => [
  identity.id === null ? SIGNED[identity.signed] : h('b', {}, identity.id),
  identity.id === null ? '' : ' (signed in)',
  identity.account && ` at ${identity.account}`,
  identity.refused.length > 0 && h('span.dim', {}, ` – not taken as an ID: ${identity.refused.join(', ').replace(/_/g, ' ')}`),
];

export const tags = (entry, told, open) => {
  const found = Object.entries(entry.trace.tags);
  return section('Tags', found.map(([name, tag]) => card(name, tag, told, open)));
};

const card = (name, tag, told, open) => {
  const [form, kind] = FORMS[tag.decision] || [];
  const runs = tag.request && tag.request.method == 'RUN';
  const sent = told.published ? [runs ? 'run in the page' : 'sent', 'not sent'] : [runs ? 'would be run' : 'would be sent', 'would not be sent'];
  return h(
    `.card${tag.sent ? '' : '.off'}`,
    {},
    h('.head', {}, h('b', {}, name), h('span.dim', {}, ` ${tag.type}`), h('span.gap'), chip(tag.sent ? sent[0] : sent[1], tag.sent ? 'yes' : 'none'), form && chip(form, kind)),
    h('.why', {}, 'Because: ', tag.sent ? rule(tag) : UNSENT[tag.rule] || tag.rule, tag.limited && ` (${tag.limited})`),
    tag.text && h('code.line', {}, `${tag.line} | ${tag.text}`),
    tag.because.length > 0 && h('.asked', {}, tag.because.map((one) => pair(one.trigger, one.answer))),
    tag.sent && tag.counts_as != tag.decision && h('.why', {}, `It counts as ${tag.counts_as}: it runs in the page, where it can read who is signed in.`),
    tag.scrubbed > 0 && h('.why', {}, `Taken out of its texts: what is personal and not for this receiver, ${tag.scrubbed} times.`),
    tag.request && opens(`request ${name}`, open, told.published ? 'What it gets' : 'What it would get', request(tag.request)),
  );
};

const rule = (tag) => (tag.line ? `the rule in line ${tag.line} decides about the User ID` : tag.rule === 'otherwise: drop' ? 'no rule lets the User ID go there (otherwise: drop)' : tag.rule);

const request = ({ method, to, headers, body }) => {
  const text = typeof body == 'string' ? body : JSON.stringify(body, null, 2);
  const pairs = parameters(body);
  return [
    h('code.block', {}, `${method} ${to}`, Object.entries(headers).map(([name, value]) => `\n${name}: ${value}`)),
    pairs ? h('table', {}, h('tbody', {}, pairs.map(([name, value]) => h('tr', {}, h('th', {}, name), h('td', {}, value))))) : h('code.block', {}, text),
  ];
};

// Of a form's body, and of a bulk for Matomo with its one entry; else nothing.
const parameters = (body) => {
  if (typeof body == 'string') return /^[\w.%[\]-]+=[^\n]*$/.test(body) ? [...new URLSearchParams(body)] : null;
  const { requests, ...more } = body || {};
  const one = Array.isArray(requests) && requests.length == 1 && requests[0];
  return typeof one == 'string' && one[0] == '?' ? [...new URLSearchParams(one), ...Object.entries(more).map(([name, value]) => [name, shown(value)])] : null;
};

export const triggers = (entry, open) => {
  const all = entry.trace.triggers;
  return section('Triggers', Object.entries(all).map(([name, one]) => opens(`trigger ${name}`, open, [h('span.name', {}, name), ' ', answer(one.answer)], why(one, all))));
};

const why = (one, all) => [
  one.of.length > 0 && h('.why', {}, 'Joins ', one.of.map((name) => pair(name, all[name].answer))),
  one.lines.length > 0 &&
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ['variable', 'wanted', 'seen', 'answer'].map((text) => h('th', {}, text)))),
      h('tbody', {}, one.lines.map((line) => h('tr', {}, h('td', {}, line.variable), h('td', {}, line.wanted), h('td', {}, line.seen), h('td', {}, answer(line.answer))))),
    ),
];

export const variables = (entry) => {
  const rows = entry.trace
    ? entry.trace.variables.map(({ name, from, personal, state, value }) => [name, from, personal, state == 'value' ? shown(value) : null, state == 'cannot tell' ? `cannot tell: ${value}` : state])
    : inPage(entry.page);
  if (!rows.length) return null;
  return section(
    'Variables',
    h(
      'table',
      {},
      h('tbody', {}, rows.map(([name, from, personal, value, state]) =>
        h('tr', {}, h('th', { title: from }, name, h('.dim', {}, from)), h('td', {}, value === null ? h('span.dim', {}, state) : value, personal && [' ', chip('personal', 'hash')])))),
    ),
  );
};

// Before the gateway decides: what the page itself has read.
const inPage = ({ hit, personal }) => [
  ...Object.entries(hit.values || {}).map(([name, value]) => [name, 'read in the page', false, value === null ? null : shown(value), 'absent']),
  ...personal.filter(([group]) => group == 'values').map(([, name, value]) => [name, 'read in the page', true, value === null ? null : shown(value), 'absent']),
];

export const fields = (entry) => {
  const { fields: said = {}, url, title, referrer } = entry.page.hit;
  const rows = [['address', url], ['title', title], ['came from', referrer], ...Object.entries(said).map(([name, value]) => [name, shown(value)])].filter(([, value]) => value);
  if (!rows.length) return null;
  return section('Event', h('table', {}, h('tbody', {}, rows.map(([name, value]) => h('tr', {}, h('th', {}, name), h('td', {}, value))))));
};
