// Who is signed in, by `identify` or by the container's variable; login, logout and switch.
// needs: core, json, personal, queue, variables

const JUNK = /^(null|undefined|false|nan|-1|none|anonymous|guest|\[object object\]|0+|0{8}(-0{4}){3}-0{12})$|\{\{.*\}\}|\$\{.*\}/i;
const user = config.user;
const standing = Object.create(null); // what was left in the page at `reset`, until it changes
let identified = null;
let looked = !!named(user.variable);
let last = null;

function named(name) {
  return config.variables.filter((variable) => variable[0] === name)[0];
}

// As in the gateway: what does not count as an ID is null.
function normal(value) {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? normal(String(value)) : null;
  const text = typeof value === 'string' ? value.trim().normalize() : '';
  const size = text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '-').length;
  return !text || size > 200 || /[\0-\x1f\x7f-\x9f]/.test(text) || JUNK.test(text) ? null : text;
}

// null: nobody; undefined: it cannot be known now. Two that differ are nobody.
function who() {
  const variable = named(user.variable);
  const value = variable ? reading(variable) : null;
  const found = normal(value);
  const id = identified && identified.id;
  if (!id) return value === undefined ? value : found;
  return found && found !== id ? null : id;
}

function watch() {
  const now = who();
  if (now === undefined) return now;
  if (last && now !== last) ended = true;
  return (last = now);
}

function identify(id, given) {
  const more = copy(given) || {};
  const name = normal(id);
  looked = true;
  identified = name && { id: name, traits: more.traits || {} };
  if (name && typeof more.proof === 'string') identified.proof = more.proof;
  if (name && texts(more.account)[0] && !isMap(more.account)) identified.account = more.account;
  hold([name, more.proof, more.account]);
  config.traits.forEach((trait) => {
    if (name && trait[2]) hold(identified.traits[trait[0]]);
  });
  watch();
}

function reset() {
  [user.variable, user.proof, user.account].map(named).forEach((variable) => {
    const value = variable && reading(variable);
    if (either(value) !== null) standing[variable[0]] = write(value);
  });
  identified = last = null;
  looked = ended = true;
}

gate.stale = (name, value) => {
  if (standing[name] === write(value)) return true;
  delete standing[name];
  return false;
};

function stamp(hit) {
  hit.who = watch();
  if (identified) {
    ['id', 'proof', 'account'].forEach((name) => {
      if (own(identified, name)) put(hit, '', name === 'id' ? 'user_id' : name, identified[name], 'user_id');
    });
    // An empty variable beside `identify` is not a logout.
    hit.mine = hit.mine.filter((item) => item[1] !== user.variable || normal(item[2]));
  } else if (looked && hit.who === null) hit.open.user_id = null;
  const traits = identified ? identified.traits : {};
  config.traits.forEach((trait) => put(hit, 'traits', trait[0], own(traits, trait[0]) ? traits[trait[0]] : null, trait[2] && trait[1]));
}

gate.who = who;
commands.identify = identify;
commands.reset = reset;
hooks.refresh.push(watch);
hooks.stamp.push(stamp);
hooks.withdrawn.push(() => {
  if (identified) identified.traits = {};
});
hooks.tell.push((body, withdrawn) => {
  const id = who();
  const name = identified ? 'user_id' : user.variable;
  if (!id || !(may(name) || (withdrawn && gone[id]))) return;
  body.user_id = id;
  const proof = identified ? identified.proof : named(user.proof) && reading(named(user.proof));
  if (typeof proof === 'string') body.proof = proof;
});
// Nobody said null at a moment of the load before somebody turned out to be signed in.
hooks.booted.push(() => {
  if (who()) queue.forEach((hit) => {
    if (!hit.open.reset) delete hit.open.user_id;
  });
});
