// Who is signed in, by `identify` or by the container's variable; login, logout and switch.

import { commands, gate, keys, may, now, refreshing, stamping } from './core.js';
import { copy, write } from './json.js';
import { put, queue } from './queue.js';
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
  return /^(?!(null|undefined|false|nan|-1|none|anonymous|guest|\[object object\]|0[0-]*)$|.*(\{\{.*\}\}|\$\{.*\}))[^\p{Cc}\p{Cs}]{1,200}$/iu.test(id) ? id : null;
};

// Of a proof, which is a text or nothing.
const text = (value) => '' + (value || '');

// null: nobody; undefined: it cannot be known now. Two that differ are nobody.
const who = (gate.who_ = () => {
  const found = normal(reading(places[0]));
  return identified ? (found && found != identified.user_id ? null : identified.user_id) : found;
});

// An empty variable is not a logout.
const unsay = (hit) => {
  hit.mine_ = hit.mine_.filter(([, name, value]) => name != idName || normal(value));
  hit.open_.user_id = undefined;
};

const watch = () => {
  const id = who();
  if (id !== undefined) {
    if (last && id != last) now.ended_ = true;
    last = id;
  }
  // Nobody said null at a moment of the load before somebody turned out to be signed in.
  if (id && !now.ready_) queue.forEach(unsay);
  return id;
};

commands.identify = (id, given) => {
  const user_id = normal(id);
  identified = user_id && { user_id, proof: text(given?.proof), account: copy(given?.account) };
  hold(identified);
  watch();
};

commands.reset = () => {
  places.map((at) => (standing[at] = write(reading(at))));
  identified = last = null;
  now.ended_ = true;
};

refreshing.push(watch);
stamping.push((hit) => {
  const id = (hit.who_ = watch());
  if (identified) {
    keys(identified).map((name) => put(hit, '', name, identified[name], states));
    unsay(hit);
  } else hit.open_.user_id = id ? undefined : id;
});
gate.tell_ = (body) => {
  const id = who();
  if (id && may(states)) {
    body.user_id = id;
    body.proof = text(identified ? identified.proof : reading(places[1]));
  }
};
