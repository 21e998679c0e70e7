// The visitor's choice: what it holds back, and telling the gateway when it changes.

import { commands, gate } from './core.js';
import { write } from './json.js';
import { flush, post, withdraw } from './send.js';
import { take } from './retry.js';

const { p: purposes, s: sends, g: spared = [] } = config.c;
const untold = []; // choices that have not reached the gateway yet
export const unknown = 'u'.repeat(purposes.length); // a letter a purpose: granted, refused, unknown
let chosen = unknown;
let chosenAt;
let told; // the last of them
let ending; // a withdrawal is on its way

// What somebody says of each purpose → its letters; where they say nothing, those there were. Only `true` is a grant.
export const letters = (said, before = '') => said.map((granted, at) => (granted === true ? 'g' : granted == null ? before[at] || 'u' : 'r')).join('');

gate.state_ = () => (navigator.globalPrivacyControl ? chosen.replace(/./g, (letter, at) => (spared[at] ? letter : 'r')) : chosen);
// Until a withdrawal is answered the cookie is still there, and would go along with a hit.
gate.held_ = () => ending || (!sends && chosen.includes('u'));
gate.unstored_ = () => chosen.includes('u') || !gate.state_().includes('g');
gate.claim_ = () => {
  const consent = {};
  purposes.map((purpose, at) => (consent[purpose] = { g: true, r: false }[chosen[at]]));
  // The browser says it in a header too, unless it is an extension that speaks to the page alone.
  return { consent, consent_at: chosenAt, gpc: navigator.globalPrivacyControl };
};

// A choice found while loading carries no time; one seen happening does, and the gateway is told.
export const decide = (next, seen = 1) => {
  if (next == chosen) return;
  const gone = [...chosen].some((letter, at) => letter == 'g' && next[at] != letter);
  const body = { page: gate.page_, ...gate.tell_?.() };
  chosen = next;
  if (gate.ready_ && (seen || gone)) {
    chosenAt = Date.now();
    // Of someone about whom nothing was ever sent, and who refuses everything, the gateway need not hear.
    if (next.match(gate.sent_ || sends ? '[gr]' : 'g')) {
      untold.push(told = write({ ...body, ...gate.tell_?.(), consent: gate.claim_().consent, at: chosenAt }).slice(1));
      ending ||= gone;
    }
  }
  if (gone) withdraw();
  if (gate.ready_) {
    flush();
    take();
  }
};

gate.report_ = () => untold.splice(0).map((text) => post('/consent/', text, (failed) => (failed ? untold.push(text) : text == told && (ending = 0))));

commands.consent = (said) => decide(letters(purposes.map((purpose) => said[purpose]), chosen));
