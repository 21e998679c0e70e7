// Sending: one request at a time in order, again after a failure, and everything at once when the page is left.

import { gate, guarded, later, leaving, listen, now, refreshing, parting, run, starting } from './core.js';
import { CAP, queue, render, trim } from './queue.js';

const { fetch } = window;
// Before the file's folder, or before `/t/`. An element with that name could stand in for `currentScript`.
export const base = Document.prototype.__lookupGetter__('currentScript').call(document).src.replace(/[?#].*/, '').replace(/(\/t)?\/[^/]*$/, '');
export let flights = [];
let tries = 0;
let resume = 0;
let timer = 0;

// `done` is told whether it failed, and for how long to wait then.
export const post = (path, text, done) => {
  const finish = guarded((status, asked) => {
    const failed = !status || status == 429 || status > 499;
    tries = failed && tries + 1;
    done(failed, Math.min(3e5, Math.max(2 ** Math.min(tries, 9) * (250 + Math.random() * 250), asked * 1e3 || 0)));
  });
  const attempt = (keepalive) =>
    fetch(base + path + config.n, { method: 'POST', body: text, keepalive, credentials: gate.cookies_() ? 'include' : 'omit', referrerPolicy: 'no-referrer' }).then(
      (answer) => finish(answer.status, answer.headers.get('Retry-After')),
      // The page's 64 KiB for keepalive may be used up by others.
      () => (keepalive ? attempt(false) : finish()),
    );
  now.sent_ = 1;
  attempt(true);
};

export const schedule = () => {
  timer ||= later(() => {
    timer = 0;
    flush();
  }, Math.max(50, resume - Date.now()));
};

// Nothing is waited for any longer.
const wake = () => {
  clearTimeout(timer);
  timer = resume = 0;
};

// Of one batch; the browser allows 65,536 bytes in flight for the whole page.
const launch = () => {
  const hits = [];
  let text = '';
  let size = 0;
  while (queue[0] && hits.length < CAP) {
    const more = render(queue[0]);
    // At most three bytes for each of the others.
    size += more.replace(/[^\0-\x7f]/g, '...').length;
    if (text && size > 16e3) break;
    text += (text && ',') + more;
    hits.push(queue.shift());
  }
  const flight = { hits_: hits, at_: Date.now(), size_: size };
  flights.push(flight);
  // Always with the time of sending: a wrong clock is corrected by it, the same for all hits of a page.
  post('/collect/', '{"hits":[' + text + '],"sent_at":' + flight.at_ + '}', (failed, wait) => {
    wake();
    // What was in flight at a withdrawal is not sent again.
    if (failed && flights.includes(flight)) {
      queue.unshift(...hits);
      trim();
      resume = Date.now() + wait;
    }
    flights = flights.filter((other) => other != flight);
    if (queue[0]) schedule();
  });
};

export const flush = (last) => {
  if (gate.held_()) return;
  if (Date.now() < resume && !(last && !gate.storing_())) return schedule();
  // What does not fit into the browser's limit while the page is left is stored instead.
  while (queue[0] && (last ? flights.reduce((sum, flight) => sum + flight.size_, 0) < 49e3 : !flights[0])) launch();
};

// Nothing from before a withdrawal leaves after it.
export const clear = () => {
  if (queue.some((hit) => hit.open_.reset)) now.ended_ = 1;
  flights = [];
  queue.length = 0;
  wake();
};

export const doubtful = () =>
  flights.filter((flight) => !navigator.onLine || Date.now() - flight.at_ > 1e3).flatMap((flight) => flight.hits_).concat(queue);

const leave = (event) => {
  run(refreshing);
  run(leaving, event);
  guarded(flush)(1);
  run(parting);
};

starting.push(() => {
  listen(document, 'visibilitychange', (event) => (document.hidden ? leave(event) : run(refreshing)));
  listen(window, 'pagehide', leave);
  listen(window, 'online', () => {
    wake();
    flush();
  });
});
