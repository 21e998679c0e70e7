// Sending: one request at a time in order, again after a failure, and everything at once when the page is left.

import { gate, guarded, hex, later, leaving, listen, now, refreshing, run, withdrawing } from './core.js';
import { queue, render } from './queue.js';
import { purge, save, take } from './retry.js';

export const { fetch } = window;
let failures = 0;
let resume;
let timer;

// `done` is told whether it failed.
export const post = (path, text, done) => {
  const { page_ } = now;
  const finish = guarded((answer) => {
    const { status = 500, headers } = answer || {};
    const failed = status == 429 || status > 499;
    const failing = failures;
    failures = failed && failures + 1;
    wake();
    resume = failed && Date.now() + Math.min(3e5, Math.max(headers?.get('Retry-After') * 1e3 || 0, 250 * 2 ** failures * (1 + Math.random())));
    done(failed, answer);
    // The browser may be killed at any time.
    if (failed) save();
    else if (failing) purge();
    schedule();
  });
  // A page's own `fetch` may throw at once.
  const attempt = async (keepalive) => {
    try {
      finish(await fetch(base + path + config.n, { method: 'POST', body: text, keepalive, credentials: gate.cookieless_?.() ? 'omit' : 'include', referrerPolicy: 'no-referrer' }));
    } catch {
      // The page's 64 KiB for keepalive may be used up by others. What failed at a withdrawal is not tried like that.
      keepalive && page_ == now.page_ ? attempt() : finish();
    }
  };
  now.sent_ = 1;
  attempt(true);
};

export const schedule = () => {
  timer ||= later(() => {
    timer = 0;
    flush();
  }, Math.max(50, resume - Date.now() || 0));
};

// Nothing is waited for any longer.
const wake = () => {
  clearTimeout(timer);
  timer = resume = 0;
};

const waiting = () => [...queue].filter((hit) => !hit.sent_);

// Of one batch. The browser allows 65,536 bytes in flight for the whole page.
const launch = () => {
  const hits = [];
  const at = Date.now();
  let text = '';
  for (const hit of waiting()) {
    const more = render(hit);
    if (text && (text + more).length > 1e4) break;
    text += (text && ',') + more;
    hits.push(hit);
    hit.sent_ = at;
  }
  // Always with the time of sending: a wrong clock is corrected by it, the same for all hits of a page.
  if (text) post('/collect/', '{"hits":[' + text + '],"sent_at":' + at + '}', (failed, answer) => {
    hits.map((hit) => (failed ? (hit.sent_ = 0) : queue.delete(hit)));
    if (!failed) gate.heard_?.(answer, hits);
  });
};

export const flush = (last) => {
  gate.report_?.();
  if (gate.held_?.()) return;
  if (Date.now() < resume) return schedule();
  // What is more while the page is left is stored instead.
  for (let batches = last ? 3 : waiting().length == queue.size; batches-- > 0; ) launch();
};

// Nothing from before a withdrawal leaves after it, and what was in flight is not sent again.
export const clear = () => {
  now.ended_ ||= [...queue].some((hit) => hit.open_.reset);
  queue.clear();
  purge();
  wake();
};

export const withdraw = () => {
  clear();
  now.page_ = hex();
  run(withdrawing);
};

const leave = (event) => {
  run(refreshing);
  run(leaving, event);
  guarded(flush)(1);
  save();
};

listen(document, 'visibilitychange', (event) => {
  if (document.hidden) return leave(event);
  run(refreshing);
  take();
});
listen(window, 'pagehide', leave);
listen(window, 'online', () => {
  wake();
  flush();
});
