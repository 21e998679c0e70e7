// Who is signed in, by `identify` or by the container's variable; login, logout and switch.

import { booted, commands, gate, keys, may, now, refreshing, stamping, telling, withdrawing } from './core.js';
import { copy, write } from './json.js';
import { put, queue } from './queue.js';
import { hold } from './scrub.js';
import { reading, standing } from './variables.js';

// The states for what `identify` gives; the places in `config.v` of the ID, its proof and its account.
const [states, ...places] = config.u;
const [idAt, proofAt] = places;
const [idName] = config.v[idAt] || [];
let identified;
let looked = idName;
let last;
let traits = {};

// As in the gateway: what does not count as an ID is null.
const normal = (value) => {
  const text = (typeof value == 'string' || Number.isSafeInteger(value) ? '' + value : '').trim().normalize();
  const junk = /^(null|undefined|false|nan|-1|none|anonymous|guest|\[object object]|0[0-]*)$|{{.*}}|\${.*}/i;
  return /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(text) && !junk.test(text) ? text : null;
};

// null: nobody; undefined: it cannot be known now. Two that differ are nobody.
const who = () => {
  const value = idName ? reading(idAt) : null;
  const found = normal(value);
  return identified ? (found && found != identified.user_id ? null : identified.user_id) : value === undefined ? value : found;
};

const watch = () => {
  const id = who();
  if (id !== undefined) {
    if (last && id != last) now.ended_ = 1;
    last = id;
  }
  return id;
};

gate.who_ = who;

commands.identify = (id, given) => {
  const { proof, account, traits: more } = copy(given) || {};
  const name = normal(id);
  looked = 1;
  traits = (name && more) || {};
  identified = name && { user_id: name, proof: typeof proof == 'string' ? proof : undefined, account };
  hold([name, proof, account, config.t.map(([trait, personal]) => personal && traits[trait])]);
  watch();
};

commands.reset = () => {
  places.map((at) => (standing[at] = write(reading(at))));
  identified = last = null;
  traits = {};
  looked = now.ended_ = 1;
};

refreshing.push(watch);
stamping.push((hit) => {
  const id = (hit.who_ = watch());
  if (identified) {
    keys(identified).map((name) => put(hit, '', name, identified[name], states));
    // An empty variable beside `identify` is not a logout.
    hit.mine_ = hit.mine_.filter(([, name, value]) => name != idName || normal(value));
  } else if (looked && id === null) hit.open_.user_id = id;
  config.t.map(([trait, personal]) => put(hit, 'traits', trait, traits[trait] ?? null, personal));
});
withdrawing.push(() => (traits = {}));
telling.push((body) => {
  const id = who();
  if (!id || !may(states)) return;
  const proof = identified ? identified.proof : reading(proofAt);
  body.user_id = id;
  if (typeof proof == 'string') body.proof = proof;
});
// Nobody said null at a moment of the load before somebody turned out to be signed in.
booted.push(() => who() && queue.map((hit) => hit.open_.reset || delete hit.open_.user_id));
