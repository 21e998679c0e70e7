// The live panel: messages of /demo/live → cards. Everything shown is set as text; nothing that came is ever markup.
'use strict';

(() => {
  const KEPT = 50;
  const REPLAY = 800; // ms after connecting in which messages are old news
  const RETRY = 2000;

  const FORMS = {
    attach: 'the User ID as it is',
    hash: 'a pseudonym of its own',
    drop: 'no User ID',
    none: 'not sent',
  };
  const WHO = {
    nobody: 'guest',
    unsaid: 'nobody said who',
    unverified: 'sign-in not proved',
    verified: 'signed in',
  };
  const MARKS = { yes: '✓', no: '✕', 'cannot tell': '?' };
  const HEADERS = /^(content-type|user-agent|authorization|webhook-.*|idempotency-key|host)$/;
  const PSEUDONYM = /^[0-9a-f]{64}$/;

  const $ = (id) => document.getElementById(id);
  const text = (value) => (value === null || value === undefined ? '' : String(value));
  const time = (at) => new Date(at).toLocaleTimeString('en-GB');

  // make('p', 'note', 'words', child, …): an element with a class and content; text stays text.
  function make(name, look, ...content) {
    const made = document.createElement(name);
    if (look) made.className = look;
    made.append(...content.filter((item) => item !== null && item !== undefined && item !== ''));
    return made;
  }

  function clock(at) {
    const made = make('time', 'time', time(at));
    made.dateTime = new Date(at).toISOString();
    return made;
  }

  function fold(title, ...content) {
    return make('details', 'fold', make('summary', '', title), ...content);
  }

  // What the gateway saw, and what it decided.

  function hit(message) {
    return make('li', 'card hit',
      make('div', 'card-head', make('h3', 'event', text(message.event)), clock(message.at)),
      make('p', 'where', make('span', 'path', text(message.path)), make('span', 'title', text(message.title))),
      chips(message),
      make('ul', 'decisions', ...(message.tags || []).map(decision)));
  }

  function chips(message) {
    const consent = Object.entries(message.consent || {}).map(([purpose, state]) =>
      make('li', `chip consent-${state}`, purpose, make('span', 'spoken', ` ${state}`)));
    const signed = WHO[message.signed] ? message.signed : 'unsaid';
    return make('ul', 'chips',
      make('li', `chip who-${signed}`, WHO[signed]),
      ...consent,
      message.cookie ? make('li', 'chip', 'cookie') : null,
      message.new_session ? make('li', 'chip fresh', 'new visit') : null);
  }

  function decision(tag) {
    const form = FORMS[tag.decision] ? tag.decision : 'none';
    const summary = make('summary', '',
      make('span', 'tag-name', text(tag.tag)),
      make('span', 'tag-type', text(tag.type)),
      badge(form));
    return make('li', `decision decision-${form}`, make('details', '', summary, reasons(tag, form)));
  }

  function badge(form) {
    return make('span', `badge badge-${form}`, form === 'none' ? 'not sent' : form);
  }

  function reasons(tag, form) {
    const made = make('div', 'reasons', make('p', 'outcome', ...outcome(tag, form)));
    if (tag.scrubbed) {
      const places = tag.scrubbed === 1 ? '1 personal value was' : `${tag.scrubbed} personal values were`;
      made.append(make('p', 'scrubbed', `${places} taken out of addresses, titles or fields.`));
    }
    const because = (tag.because || []).map(trigger);
    if (because.length) made.append(make('ul', 'because', ...because));
    return made;
  }

  function outcome(tag, form) {
    if (form === 'none') return ['Not sent: what ', make('code', '', 'send_when'), ' asks for is not there.'];
    const what = `Sent, with ${FORMS[form]}`;
    const line = text(tag.rule).match(/line \d+/);
    if (line) return [`${what}: decided by the rule in `, make('b', '', line[0]), ' of the container.'];
    return [`${what}: no rule for this tag is true, so `, make('code', '', 'otherwise: drop'), ' holds.'];
  }

  function trigger(because) {
    const joined = (because.of || []).map(text).join(', ');
    const lines = (because.lines || []).map((line) =>
      make('li', 'line',
        mark(line.answer),
        make('code', '', `${text(line.variable)} ${text(line.wanted)}`),
        make('span', 'seen', make('span', 'soft', 'saw '), text(line.seen))));
    return make('li', '',
      make('p', 'trigger', mark(because.answer), make('b', '', text(because.trigger)), answer(because.answer)),
      joined ? make('p', 'line soft', `asks ${joined}`) : null,
      lines.length ? make('ul', '', ...lines) : null);
  }

  const known = (said) => (MARKS[said] ? said : 'cannot tell');

  function answer(said) {
    return make('span', `answer answer-${known(said).replace(' ', '-')}`, known(said));
  }

  function mark(said) {
    const word = known(said);
    const made = make('span', `tick answer-${word.replace(' ', '-')}`, MARKS[word]);
    made.setAttribute('role', 'img');
    made.setAttribute('aria-label', word);
    return made;
  }

  // What the receivers got.

  function received(message) {
    const body = parse(message.body);
    const entries = entriesOf(message, body);
    return make('li', `card received receiver-${receiverName(message.receiver)}`,
      make('div', 'card-head',
        make('h3', 'receiver', text(message.receiver)),
        status(message.status),
        clock(message.at)),
      make('p', 'request', make('b', '', text(message.method)), ' ', text(message.path)),
      ...(entries ? entries.map(entry) : [webhook(body)]),
      fold('Headers', pairs(Object.entries(message.headers || {}).filter(([name]) => HEADERS.test(name)))),
      fold('Body as it came', pretty(message.body, body)));
  }

  const receiverName = (name) => (/^[a-z_]+$/.test(name) ? name : 'other');

  function status(code) {
    const made = make('span', `status ${code < 300 ? 'good' : 'bad'}`, text(code));
    made.title = 'What the receiver answered';
    return made;
  }

  function parse(body) {
    try {
      return JSON.parse(body);
    } catch {
      return null;
    }
  }

  // The entries of a Matomo bulk, or the one hit in an address; null for other receivers.
  function entriesOf(message, body) {
    if (message.receiver !== 'matomo') return null;
    if (body && Array.isArray(body.requests)) return body.requests.map((one) => new URLSearchParams(text(one).replace(/^\?/, '')));
    return [new URLSearchParams(text(message.path).split('?')[1])];
  }

  function entry(found) {
    const uid = found.get('uid');
    const rows = [...found].filter(([name]) => !['uid', 'cid', 'new_visit', 'url'].includes(name));
    return make('div', 'entry',
      make('p', 'meaning', matomoMeaning(found)),
      make('dl', 'identity',
        ...identity('uid', uid ? idOf(uid, PSEUDONYM.test(uid) ? 'hash' : 'attach') : idOf('not sent', 'drop')),
        ...identity('cid', make('code', '', found.get('cid') || 'not sent')),
        ...identity('new_visit', found.get('new_visit') === '1'
          ? make('b', 'fresh', '1: begins a new visit') : make('span', 'soft', 'not sent')),
        ...(found.get('url') ? identity('url', readable(found.get('url'))) : [])),
      fold(`${rows.length} more parameters`, pairs(rows)));
  }

  function matomoMeaning(found) {
    const page = found.get('action_name') || found.get('url') || '';
    if (found.get('ec_id')) return `Order ${found.get('ec_id')}, revenue ${found.get('revenue') || 'unknown'}`;
    if (found.get('e_a')) return `Event ${found.get('e_a')}`;
    return page ? `Page view: ${page}` : 'A hit';
  }

  function webhook(body) {
    const told = body && typeof body === 'object' ? body : {};
    const user = told.user || {};
    const page = told.page || {};
    const others = Object.entries({ ...told.identifiers, ...told.fields, url: page.url && readable(page.url) });
    return make('div', 'entry',
      make('p', 'meaning', told.event ? `Event ${told.event}` : 'A request'),
      make('dl', 'identity',
        ...identity('user', user.id ? idOf(user.id, user.form === 'hash' ? 'hash' : 'attach') : idOf('not sent', 'drop')),
        ...(told.visitor ? identity('visitor', brief(told.visitor)) : []),
        ...others.filter(([, value]) => value !== undefined).flatMap(([name, value]) => identity(name, text(value)))));
  }

  function identity(name, value) {
    return [make('dt', '', name), make('dd', '', value)];
  }

  function idOf(value, form) {
    const kind = { attach: 'as it is', hash: 'pseudonym', drop: '' }[form];
    return make('span', 'id', make('span', `badge badge-${form}`, brief(value)), kind ? make('small', '', kind) : null);
  }

  // Long numbers by their beginning; the body has them whole.
  function brief(value) {
    const made = make('code', '', PSEUDONYM.test(value) ? `${value.slice(0, 16)}…` : text(value));
    made.title = text(value);
    return made;
  }

  // An address as a person reads it: with (removed) in place of %28removed%29.
  function readable(url) {
    try {
      return decodeURIComponent(url);
    } catch {
      return text(url);
    }
  }

  function pairs(rows) {
    const made = rows.map(([name, value]) => make('tr', '', make('th', '', name), make('td', '', text(value))));
    return make('div', 'wide', make('table', 'pairs', make('tbody', '', ...made)));
  }

  // JSON with its names, texts and numbers told apart; else the text as it is.
  function pretty(raw, body) {
    const made = make('pre', 'body');
    made.tabIndex = 0;
    if (body === null) made.append(text(raw) || '(empty)');
    else made.append(...coloured(JSON.stringify(body, null, 2)));
    return made;
  }

  function coloured(json) {
    const parts = json.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?)/);
    return parts.map((part) => {
      if (!part.startsWith('"')) return part;
      return make('span', part.endsWith(':') ? 'json-name' : 'json-text', part);
    });
  }

  // The container and the deliveries.

  let connected = 0;

  // tags/demo.yaml of /home/me/shop/tags/demo.yaml.
  const short = (file) => text(file).split('/').slice(-2).join('/');

  function container(message) {
    const file = short(message.file);
    const broken = message.state === 'broken';
    const report = (message.report || []).map(text).join('\n\n');
    $('container').dataset.state = broken ? 'broken' : 'ok';
    $('mistake').hidden = !broken;
    $('mistake-file').textContent = file;
    $('file').textContent = text(message.file);
    $('mistake-report').textContent = broken ? report : '';
    $('warnings').hidden = broken || !report;
    $('warnings').textContent = broken ? '' : report;
    $('container-file').textContent = file;
    $('container-note').textContent = broken ? 'the version before runs' : text(message.revision).slice(0, 8);
    if (broken) return;
    if (Date.now() - connected > REPLAY) toast(`${file} reloaded: revision ${text(message.revision).slice(0, 8)} is running`);
  }

  let hiding = 0;

  function toast(words) {
    $('toast').textContent = words;
    $('toast').classList.add('shown');
    clearTimeout(hiding);
    hiding = setTimeout(() => $('toast').classList.remove('shown'), 4000);
  }

  const states = new Map();

  function delivery(message) {
    const state = ['running', 'waiting', 'paused'].includes(message.state) ? message.state : 'waiting';
    const reason = state !== 'running' && message.reason ? `: ${text(message.reason).replaceAll('_', ' ')}` : '';
    const words = `${text(message.tag)} ${state}${reason}`;
    const made = make('li', `state state-${state}`, make('span', 'dot'), words);
    if (states.has(message.tag)) states.get(message.tag).replaceWith(made);
    else $('states').append(made);
    states.set(message.tag, made);
  }

  // The lists.

  const counts = { hits: 0, received: 0 };

  function add(list, card) {
    $(list).prepend(card);
    while ($(list).children.length > KEPT) $(list).lastElementChild.remove();
    counts[list] += 1;
    document.querySelector(`[data-count="${list}"]`).textContent = counts[list];
    document.querySelector(`[data-older="${list}"]`).hidden = $(list).classList.contains('all') || $(list).children.length <= 5;
    $(`${list}-empty`).hidden = true;
  }

  function speak(words) {
    if (Date.now() - connected > REPLAY) $('spoken').textContent = words;
  }

  const KINDS = {
    hit(message) {
      add('hits', hit(message));
      const tags = (message.tags || []).map((tag) => `${tag.tag} ${tag.decision === 'none' ? 'not sent' : tag.decision}`);
      speak(`${message.event}: ${tags.join(', ')}`);
    },
    received(message) {
      add('received', received(message));
    },
    container,
    delivery,
  };

  function take(event) {
    const message = parse(event.data);
    if (message && Object.hasOwn(KINDS, message.kind)) KINDS[message.kind](message);
  }

  function linked(state, words) {
    $('link').dataset.state = state;
    $('link').textContent = words;
  }

  // A browser gives up for good when the answer is an error; this page does not.
  function connect() {
    const source = new EventSource('/demo/live');
    source.addEventListener('open', () => {
      connected = Date.now();
      linked('live', 'live');
    });
    source.addEventListener('message', take);
    source.addEventListener('error', () => {
      linked('waiting', 'not connected');
      if (source.readyState !== EventSource.CLOSED) return;
      source.close();
      setTimeout(connect, RETRY);
    });
  }

  document.addEventListener('click', (event) => {
    if (!$('container').contains(event.target)) $('container').open = false;
  });
  document.querySelectorAll('[data-jump]').forEach((button) => {
    button.addEventListener('click', () => {
      $(button.dataset.jump).scrollIntoView();
      $(button.dataset.jump).focus({ preventScroll: true });
    });
  });
  document.querySelectorAll('[data-older]').forEach((button) => {
    button.addEventListener('click', () => {
      $(button.dataset.older).classList.add('all');
      button.hidden = true;
    });
  });
  connect();
})();
