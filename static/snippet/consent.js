// The visitor's choice: what it holds back, and telling the gateway when it changes.

import { commands, deciding, gate, hex, later, leaving, listen, now, run, starting, telling, withdrawing } from './core.js';
import { write } from './json.js';
import { clear, flush, post } from './send.js';

const { p: purposes, h: hold, g: refused } = config.c;
const untold = []; // choices that have not reached the gateway yet
let chosen = []; // by purpose; undefined: unknown
let chosenAt;

const undecided = () => purposes.some((purpose, at) => chosen[at] === undefined);

gate.state_ = () =>
  purposes.map((purpose, at) => (refused[at] && navigator.globalPrivacyControl === true ? 'r' : chosen[at] === undefined ? 'u' : chosen[at] ? 'g' : 'r')).join('');
gate.held_ = () => hold && undecided();
gate.storing_ = () => !undecided() && gate.state_().includes('g');
gate.claim_ = (body) => {
  body.consent = {};
  purposes.map((purpose, at) => (body.consent[purpose] = chosen[at]));
  body.consent_at = chosenAt;
};

// A choice found while loading carries no time; one seen happening does, and the gateway is told.
export const decide = (next) => {
  if (purposes.every((purpose, at) => chosen[at] === next[at])) return;
  const gone = purposes.some((purpose, at) => chosen[at] && !next[at]);
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
    if (next.some((granted) => granted || (granted === false && (now.sent_ || !hold)))) untold.push(body);
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

commands.consent = (said) => decide(purposes.map((purpose, at) => (said && typeof said[purpose] == 'boolean' ? said[purpose] : chosen[at])));

leaving.push(report);
starting.push(() => listen(window, 'online', report));
