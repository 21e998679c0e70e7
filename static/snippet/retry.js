// What could not be sent survives a page change: in localStorage, without anything personal, only with consent.
// needs: core, json, queue, send

const prefix = 'taggate.' + config.name + '.';
const key = prefix + hex();
let stored = false;

function doubtful(leaving) {
  const flying = flights.filter((flight) => flight.epoch === epoch).map((flight) =>
    flight.hits.filter((hit) => hit.tried || (leaving && (offline() || Date.now() - flight.at > 1000))),
  );
  return [].concat.apply([], flying).concat(queue.filter((hit) => leaving || hit.tried));
}

function save(leaving) {
  const hits = gate.storing() && !gate.held() ? doubtful(leaving || away) : [];
  const lines = [];
  let size = 0;
  hits.slice(0, CAP).forEach((hit) => {
    const text = write(render(hit, true));
    size += text.length;
    if (size < 65536) lines.push(text);
  });
  if (!lines.length && !stored) return;
  stored = !!lines.length;
  if (!stored) localStorage.removeItem(key);
  else localStorage.setItem(key, '{"at":' + Date.now() + ',"left":' + away + ',"hits":[' + lines.join() + ']}');
}

function kept() {
  return keys(localStorage).filter((name) => name.indexOf(prefix) === 0);
}

// Takes over what a page that was left, or one not heard of for a minute, could not send.
function adopt() {
  const found = [];
  kept().filter((name) => name !== key).forEach(guarded((name) => {
    const box = parse(localStorage.getItem(name));
    if (!box.left && box.at > Date.now() - 60000) return;
    localStorage.removeItem(name);
    box.hits.forEach((hit) => {
      if (hit.at > Date.now() - 86400000) found.push({ open: Object.assign(Object.create(null), hit), mine: [], tried: true });
    });
  }));
  if (!found.length) return;
  queue.unshift.apply(queue, found);
  trim();
  save();
  schedule();
}

function purge() {
  stored = false;
  kept().forEach((name) => localStorage.removeItem(name));
}

// While consent is unknown nothing is looked up.
function recall() {
  if (gate.storing()) adopt();
  else if (!gate.held() && gate.state().indexOf('u') < 0) purge();
}

hooks.settled.push(save);
hooks.withdrawn.push(purge);
hooks.decided.push(recall);
hooks.rest.push(() => later(recall, 0));
hooks.start.push(() => {
  // The page before may be told that it is left only when this one runs already.
  listen(window, 'storage', (event) => {
    if (event.newValue && event.key.indexOf(prefix) === 0 && gate.storing()) adopt();
  });
  // While this page was in the back/forward cache, another one may have sent what it held.
  listen(window, 'pageshow', (event) => {
    if (!event.persisted || !stored) return;
    if (localStorage.getItem(key)) save();
    else queue.length = 0;
  });
});
