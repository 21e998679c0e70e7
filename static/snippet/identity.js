// Who is signed in, by `identify` or by the container's variable; login, logout and switch.

import { booted, commands, gate, keys, may, now, refreshing, stamping, telling, withdrawing } from './core.js';
import { copy, write } from './json.js';
import { put, queue } from './queue.js';
import { hold } from './scrub.js';
import { reading, standing } from './variables.js';

// The places in `config.v` of the ID, its proof and its account; `idStates` is for what `identify` gives.
const [idStates, idAt, proofAt, accountAt] = config.u;
let identified;
let looked = idAt != null;
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
  const value = idAt != null ? reading(idAt) : null;
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
  const more = copy(given) || {};
  const name = normal(id);
  const { proof, account } = more;
  looked = 1;
  traits = (name && more.traits) || {};
  identified = name && { user_id: name, proof: typeof proof == 'string' ? proof : undefined, account };
  hold([name, proof, account, config.t.map(([trait, states]) => states && traits[trait])]);
  watch();
};

commands.reset = () => {
  [idAt, proofAt, accountAt].map((at) => at != null && (standing[at] = write(reading(at))));
  identified = last = null;
  traits = {};
  looked = now.ended_ = 1;
};

refreshing.push(watch);
stamping.push((hit) => {
  const id = (hit.who_ = watch());
  if (identified) {
    keys(identified).map((name) => put(hit, '', name, identified[name], idStates));
    // An empty variable beside `identify` is not a logout.
    hit.mine_ = hit.mine_.filter((item) => !item[0] || idAt == null || item[1] != config.v[idAt][0] || normal(item[2]));
  } else if (looked && id === null) hit.open_.user_id = id;
  config.t.map(([trait, states]) => put(hit, 'traits', trait, traits[trait] ?? null, states));
});
withdrawing.push(() => (traits = {}));
telling.push((body) => {
  const id = who();
  if (!id || !may(idStates)) return;
  const proof = identified ? identified.proof : proofAt != null && reading(proofAt);
  body.user_id = id;
  if (typeof proof == 'string') body.proof = proof;
});
// Nobody said null at a moment of the load before somebody turned out to be signed in.
booted.push(() => who() && queue.map((hit) => hit.open_.reset || delete hit.open_.user_id));
