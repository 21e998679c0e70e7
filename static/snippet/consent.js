// The visitor's choice: what it holds back, and telling the gateway when it changes.

import { commands, deciding, gate, hex, later, leaving, listen, now, run, starting, telling, withdrawing } from './core.js';
import { write } from './json.js';
import { clear, flush, post } from './send.js';

const { p: purposes, h: hold, g: refused } = config.c;
const untold = []; // choices that have not reached the gateway yet
let chosen = purposes.map(() => 'u').join(''); // a letter a purpose: granted, refused, unknown
let chosenAt;

// What somebody says of each purpose → its letters.
export const letters = (said) => said.map((granted) => (granted ? 'g' : granted === false ? 'r' : 'u')).join('');

gate.state_ = () => chosen.replace(/./g, (letter, at) => (refused[at] && navigator.globalPrivacyControl === true ? 'r' : letter));
gate.held_ = () => hold && chosen.includes('u');
gate.storing_ = () => !chosen.includes('u') && gate.state_().includes('g');
gate.claim_ = (body) => {
  body.consent = {};
  purposes.map((purpose, at) => chosen[at] != 'u' && (body.consent[purpose] = chosen[at] == 'g'));
  body.consent_at = chosenAt;
};

// A choice found while loading carries no time; one seen happening does, and the gateway is told.
export const decide = (next) => {
  if (next == chosen) return;
  const gone = [...chosen].some((letter, at) => letter == 'g' && next[at] != letter);
  const body = { page: now.page_ };
  run(telling, body);
  chosen = next;
  if (now.ready_) {
    chosenAt = Date.now();
    gate.claim_(body);
    body.at = chosenAt;
    body.consent_at = undefined;
    run(telling, body);
    // Of someone about whom nothing was ever sent, and who refuses everything, the gateway need not hear.
    if (next.match(now.sent_ || !hold ? '[gr]' : 'g')) untold.push(body);
  }
  if (gone) {
    clear();
    now.page_ = hex();
    run(withdrawing);
  }
  report();
  if (now.ready_) {
    flush();
    run(deciding);
  }
};

const report = () =>
  untold.splice(0).map((body) => {
    body.sent_at = Date.now();
    post('/consent/', write(body), (failed, wait) => {
      if (!failed) return;
      untold.push(body);
      later(report, wait);
    });
  });

commands.consent = (said) =>
  decide(purposes.map((purpose, at) => (typeof said[purpose] == 'boolean' ? letters([said[purpose]]) : chosen[at])).join(''));

leaving.push(report);
starting.push(() => listen(window, 'online', report));
