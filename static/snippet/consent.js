// The visitor's choice: where it is kept, what it holds back, and telling the gateway when it changes.
// needs: core, json, queue, send

const rule = config.consent;
const purposes = rule.purposes.map((pair) => pair[0]);
const untold = []; // choices that have not reached the gateway yet
let chosen = Object.create(null);
let chosenAt;
let lastRead;
let telling = false;
let told = 0; // failures in a row

function refusedBySignal(purpose) {
  return navigator.globalPrivacyControl === true && rule.gpc_refuses.indexOf(purpose) >= 0;
}

function letter(purpose) {
  if (refusedBySignal(purpose)) return 'r';
  return own(chosen, purpose) ? (chosen[purpose] ? 'g' : 'r') : 'u';
}

function undecided() {
  return purposes.some((purpose) => !own(chosen, purpose));
}

gate.state = () => purposes.map(letter).join('');
gate.held = () => rule.hold && undecided();
gate.storing = () => !undecided() && gate.state().indexOf('g') >= 0;
gate.claim = (body) => {
  body.consent = chosen;
  body.consent_at = chosenAt;
};

function choice(granted) {
  const made = Object.create(null);
  rule.purposes.forEach((pair) => (made[pair[0]] = granted(pair[1])));
  return made;
}

// JSON, else words; there and complete. What looks like JSON and is not says nothing.
function judge(value) {
  if (typeof value === 'string' && /^\s*[[{"]/.test(value)) {
    try {
      return judge(copy(parse(value)));
    } catch {
      return Object.create(null);
    }
  }
  if (isArray(value)) return choice((word) => value.map(String).indexOf(word) >= 0);
  if (value && typeof value === 'object') {
    return keys(value).length ? choice((word) => own(value, word) && value[word] === true) : value;
  }
  const words = String(either(value)).split(/[^\p{L}\p{N}_-]+/u).filter((word) => word);
  return value === null || value === undefined || !words.length ? Object.create(null) : choice((word) => words.indexOf(word) >= 0);
}

function check() {
  const kind = kinds[rule.kind];
  if (!kind) return;
  const value = copy(kind(rule.where));
  const text = write(value);
  if (text === lastRead) return;
  lastRead = text;
  decide(judge(value));
}

// A choice found while loading carries no time; one seen happening does, and the gateway is told.
function decide(next) {
  const before = chosen;
  if (purposes.every((purpose) => before[purpose] === next[purpose])) return;
  const lost = purposes.some((purpose) => before[purpose] && !next[purpose]);
  const known = sent;
  chosen = next;
  if (booted) chosenAt = Date.now();
  if (lost) clear();
  if (booted && keys(next).length) tell(known, lost);
  if (lost) {
    number = hex();
    run(hooks.withdrawn);
  }
  if (booted) {
    flush();
    run(hooks.decided);
  }
}

// Of someone about whom nothing was ever sent, and who refuses everything, the gateway need not hear.
function tell(known, lost) {
  if (rule.hold && !known && !purposes.some((purpose) => chosen[purpose])) return;
  const body = { consent: chosen, at: chosenAt, page: number };
  run(hooks.tell, body, lost);
  untold.push(body);
  report();
}

function report() {
  if (telling || !untold.length) return;
  telling = true;
  untold[0].sent_at = Date.now();
  post('consent', write(untold[0]), (status, asked) => {
    telling = false;
    if (again(status)) later(report, pause(++told, asked));
    else {
      told = 0;
      untold.shift();
      report();
    }
  });
}

commands.consent = (said) => {
  const next = Object.assign(Object.create(null), chosen);
  purposes.forEach((purpose) => {
    if (said && typeof said[purpose] === 'boolean') next[purpose] = said[purpose];
  });
  decide(next);
};

hooks.refresh.push(check);
hooks.leave.push(report);
hooks.start.push(() => {
  check();
  listen(window, 'pageshow', check);
  listen(window, 'online', report);
  if (!kinds[rule.kind] || !kinds[rule.kind].storage) return;
  listen(window.cookieStore, 'change', check);
  // A banner that writes its cookie some time after the click.
  ['click', 'keydown'].forEach((type) => listen(document, type, () => [0, 300, 1500].forEach((wait) => later(check, wait))));
});
