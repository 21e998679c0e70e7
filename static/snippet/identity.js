// Who is signed in, by `identify` or by the container's variable; login, logout and switch.

import { commands, gate, keys, may, refreshing, stamping } from './core.js';
import { copy, write } from './json.js';
import { hits, mine } from './queue.js';
import { hold } from './scrub.js';
import { reading, standing } from './variables.js';

// The states for what `identify` gives; the places in `config.v` of the ID, its proof and its account.
const [states, ...places] = config.u;
const [idName] = config.v[places[0]] || [];
export let identified;
let last;

// As in the gateway: what does not count as an ID is null.
const normal = (value) => {
  if (value === undefined) return;
  const id = typeof value == 'string' || Number.isSafeInteger(value) ? ('' + value).trim() : '';
  return [...id][200] || /^(null|undefined|false|nan|-1|none|anonymous|guest|\[object object\]|[0-]*)$|\{\{.*\}\}|\$\{.*\}|[^ -~\xa0-\uffff]/.test(id.toLowerCase()) ? null : id;
};

// Of a proof, which is a text or nothing.
const text = (value) => '' + (value || '');

// null: nobody; undefined: it cannot be known now. Two that differ are nobody.
const who = (gate.who_ = () => {
  const found = normal(reading(places[0]));
  return identified ? (found && found != identified.user_id ? null : identified.user_id) : found;
});

// What is held, and what came before the first page view, does not tell who it was.
const end = () => {
  gate.ended_ = true;
  if (gate.held_?.() || !hits()[0]) gate.era_ = {};
};

// An empty variable is not a logout.
const unsay = (hit) => {
  if (!normal(hit.values?.[idName]?.(1))) delete hit.values?.[idName];
  if (!hit.user_id?.(1)) delete hit.user_id;
};

const watch = () => {
  const id = who();
  if (id !== undefined) {
    if (last && id != last) end();
    last = id;
  }
  // Nobody said null at a moment of the load before somebody turned out to be signed in.
  if (id && !gate.ready_) hits().map(unsay);
  return id;
};

commands.identify = (id, given) => {
  const user_id = normal(id);
  identified = user_id && { user_id, proof: text(given?.proof), account: copy(given?.account) };
  hold(identified);
  watch();
};

commands.reset = () => {
  // What was left at the sign-out before is left still.
  places.map((at) => {
    const text = write(reading(at));
    standing[at] ||= text;
  });
  identified = last = null;
  end();
};

refreshing.push(watch);
stamping.push((hit) => {
  const id = watch();
  if (identified) {
    unsay(hit);
    keys(identified).map((name) => (hit[name] = mine(identified[name], states)));
  } else hit.user_id = mine(id ? undefined : id, '');
});
gate.tell_ = () => {
  const id = who();
  if (id && may(states)) return { user_id: id, proof: text(identified ? identified.proof : reading(places[1])) };
};
