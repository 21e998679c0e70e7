// Hits: made when something happens, kept in memory, written out as they may leave at the moment of sending.
// needs: core, json, personal, address

const CAP = 100;
const queue = [];
let number = hex(); // of this document; in memory only
let referrer = copy(document.referrer);
let ended = false; // somebody signed out since the last hit

// A hit is what anyone may read (`open`) and what is personal (`mine`: place, name, value, variable).
function make(event, fields) {
  const hit = { open: Object.create(null), mine: [] };
  Object.assign(hit.open, {
    event, id: uuid(), at: Date.now(), url: location.href, title: copy(document.title), referrer,
    language: copy(navigator.language), page: number,
  });
  const details = copy(fields);
  if (isMap(details) && keys(details).length) hit.open.fields = details;
  run(hooks.stamp, hit);
  return hit;
}

function put(hit, group, name, value, variable) {
  if (!variable) {
    const place = hit.open[group] || (hit.open[group] = Object.create(null));
    place[name] = value;
  } else {
    hit.mine.push([group, name, value, variable]);
  }
}

function enqueue(hit) {
  if (ended) hit.open.reset = true;
  ended = false;
  queue.push(hit);
  trim();
  schedule();
}

// Over the cap the second oldest goes: the first is the page view with which the visit began.
function trim() {
  while (queue.length > CAP) {
    if (queue.splice(1, 1)[0].open.reset) queue[1].open.reset = true;
  }
}

function happen(event, fields) {
  if (typeof event !== 'string' || !/^[\w.: -]{1,100}$/.test(event)) return;
  run(hooks.refresh);
  enqueue(make(event, fields));
}

// `bare`: for storage, where nothing personal and no page number is kept.
function render(hit, bare) {
  const body = Object.assign(Object.create(null), hit.open);
  const leaving = hit.mine.filter((item) => !bare && may(item[3]));
  const clean = cleaner([].concat.apply([], leaving.map((item) => texts(item[2]))));
  ['url', 'referrer'].forEach((name) => (body[name] = body[name] && address(body[name])));
  ['url', 'referrer', 'title', 'fields', 'values', 'traits'].forEach((name) => (body[name] = clean(body[name])));
  leaving.forEach((item) => {
    const place = item[0] ? body[item[0]] || (body[item[0]] = Object.create(null)) : body;
    place[item[1]] = item[2];
    if (!bare) texts(item[2]).forEach((text) => (gone[text] = 1));
  });
  if (bare) body.user_id = body.page = undefined;
  else gate.claim(body);
  return body;
}

commands.event = happen;
