// Sending: one request at a time in order, again after a failure, and everything at once when the page is left.

import { gate, guarded, hex, later, leaving, listen, refreshing, run, said, turn, withdrawing } from './core.js';
import { hits, queue, render } from './queue.js';
import { purge, save, take } from './retry.js';

// As it is when all begins: a preview puts its own in its place.
export const { fetch } = window;
let failures = 0;
let resting; // after a failure
let timer;
// A page view counts with the cookie of whoever sees it; where they came from is said in it.
gate.options_ = { method: 'POST', credentials: 'include', referrerPolicy: 'no-referrer' };

// `text` is a JSON object without its first brace; `done` is told whether it failed.
export const post = (path, text, done) => {
  const finish = guarded((answer) => {
    const failed = !(answer?.status < 500) || answer.status == 429;
    if (failed || failures) wake();
    done(failed, answer);
    if (failed) {
      resting = ++failures;
      schedule(Math.min(3e5, answer?.headers?.get('Retry-After') * 1e3 || 250 * 2 ** failures * (1 + Math.random())));
      // The browser may be killed at any time.
      save();
    } else {
      // What a page that was left could not send is for the next one.
      if (failures && !gate.left_) purge();
      if (failures || queue.size) schedule();
      failures = 0;
    }
  });
  gate.sent_ = 1;
  // Always with the time of sending: a wrong clock is corrected by it, the same for all hits of a page. The page's 64 KiB for
  // keepalive may be used up by others, and its own `fetch` may throw at once.
  turn.then(() =>
    fetch(base + path + config.n, { ...gate.options_, body: '{"sent_at":' + Date.now() + ',' + text, keepalive: !failures })
  ).then(finish, finish);
};

export const schedule = (wait = 50) => {
  timer ||= later(again, wait);
};

// Nothing is waited for any longer.
const wake = () => {
  clearTimeout(timer);
  timer = resting = 0;
};

// The choice may have changed since the hits were made, also in another tab.
const again = () => {
  wake();
  run(refreshing);
  flush();
};

// Of each batch the browser allows 65,536 bytes in flight for the whole page; what is more than three while the page is left
// is stored instead.
export const flush = (batches = !hits().some((hit) => queue.get(hit))) => {
  gate.report_?.();
  if (gate.held_?.() || resting) return;
  while (batches-- > 0) {
    const sent = [];
    const texts = [];
    for (const [hit, at] of queue) {
      const text = at ? '' : render(hit);
      if (texts[0] && (texts + text).length > 1e4) break;
      if (text) {
        texts.push(text);
        sent.push(hit);
        // What is tried again as the page is left may break off.
        queue.set(hit, failures ? 1 : Date.now());
      }
    }
    if (texts[0]) post('/collect/', '"hits":[' + texts + ']}', (failed, answer) => {
      sent.map((hit) => (failed ? queue.has(hit) && queue.set(hit, 0) : queue.delete(hit)));
      if (!failed) gate.heard_?.(answer, sent);
    });
  }
};

// Nothing from before a withdrawal leaves after it, and what was in flight is not sent again.
export const clear = () => {
  gate.ended_ ||= hits().some((hit) => hit.reset);
  queue.clear();
  purge();
  wake();
};

export const withdraw = () => {
  clear();
  said.length = 0;
  gate.page_ = hex();
  run(withdrawing);
};

listen(window, 'visibilitychange pagehide', (event) => {
  run(refreshing);
  gate.left_ = document.hidden || event.type < 'v';
  if (gate.left_) {
    run(leaving, event);
    guarded(flush)(3);
    save();
  } else take();
});
listen(window, 'online', again);
