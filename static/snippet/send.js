// Sending: one request at a time in order, again after a failure, and everything at once when the page is left.
// needs: core, json, queue

const LIMIT = 24576; // bytes of one batch; the browser allows 65,536 in flight for the whole page
const fetching = window.fetch;
const flights = [];
let epoch = 0; // counts withdrawals: what was in flight at one is not sent again
let sent = false;
let tries = 0;
let resume = 0;
let barred = 0; // the status of the last failure
let away = false; // the page is gone, or waits to come back
let timer;

function post(path, text, done) {
  const url = origin + '/' + path + '/' + config.name;
  const finish = guarded(done);
  const attempt = (keepalive) =>
    fetching.call(window, url, {
      method: 'POST', body: text, keepalive, mode: 'cors', credentials: 'include', referrerPolicy: 'no-referrer',
      headers: { 'Content-Type': 'text/plain' },
    }).then(
      (answer) => finish(answer.status, answer.headers.get('Retry-After')),
      // The page's 64 KiB for keepalive may be used up by others.
      () => (keepalive && !hidden() && !offline() ? attempt(false) : finish(0)),
    );
  sent = true;
  try {
    attempt(true).then(null, () => finish(0));
  } catch {
    finish(navigator.sendBeacon && navigator.sendBeacon(url, text) ? 204 : 0);
  }
}

function hidden() {
  return document.visibilityState === 'hidden';
}

function offline() {
  return navigator.onLine === false;
}

function again(status) {
  return !status || status === 429 || status > 499;
}

function pause(count, asked) {
  const wanted = asked ? (isNaN(asked) ? Date.parse(asked) - Date.now() : asked * 1000) : 0;
  const own = 1000 * Math.pow(2, Math.min(count, 9) - 1) * (0.5 + Math.random() / 2);
  return Math.min(300000, Math.max(own, wanted || 0));
}

function schedule() {
  if (!timer) timer = later(() => ((timer = 0), flush()), Math.max(50, resume - Date.now()));
}

// What does not fit into the browser's limit while the page is left is stored instead.
function room() {
  return flights.reduce((sum, flight) => sum + flight.text.length, LIMIT) < 60000;
}

function batch() {
  const hits = [];
  const parts = [];
  let size = 0;
  while (queue.length && hits.length < CAP) {
    const text = write(render(queue[0]));
    size += new TextEncoder().encode(text).length + 1;
    if (hits.length && size > LIMIT) break;
    hits.push(queue.shift());
    parts.push(text);
  }
  // Always with the time of sending: a wrong clock is corrected by it, the same for all hits of a page.
  return { hits, epoch, at: Date.now(), text: '{"hits":[' + parts.join() + '],"sent_at":' + Date.now() + '}' };
}

function launch() {
  const flight = batch();
  flights.push(flight);
  post('collect', flight.text, (status, asked) => {
    flights.splice(flights.indexOf(flight), 1);
    if (flight.epoch === epoch) settle(flight.hits, status, asked);
    if (queue.length) schedule();
  });
}

function settle(hits, status, asked) {
  if (again(status)) {
    hits.forEach((hit) => (hit.tried = true));
    queue.unshift.apply(queue, hits);
    trim();
    barred = status;
    resume = Date.now() + pause(++tries, asked);
    clearTimeout(timer);
    timer = 0;
  } else tries = resume = 0;
  run(hooks.settled);
}

function flush(leaving) {
  if (gate.held() || (away && !leaving)) return;
  if (leaving ? gate.storing() && (offline() || Date.now() < resume) : Date.now() < resume) {
    if (!leaving) schedule();
    return;
  }
  while (queue.length && (leaving ? room() : !flights.length)) launch();
}

function clear() {
  if (queue.some((hit) => hit.open.reset)) ended = true;
  queue.length = tries = resume = 0;
  epoch++;
}

function leave() {
  run(hooks.refresh);
  run(hooks.leave);
  guarded(flush)(true);
  run(hooks.settled, true);
}

hooks.start.push(() => {
  listen(document, 'visibilitychange', () => (hidden() ? leave() : run(hooks.refresh)));
  listen(window, 'pagehide', () => {
    away = true;
    leave();
  });
  listen(window, 'pageshow', () => {
    away = false;
    if (queue.length) schedule();
  });
  listen(window, 'online', () => {
    if (!barred) resume = 0;
    flush();
  });
});
