// The container's variables that are read in the browser, stamped on every hit.
// needs: core, json, personal, queue

// undefined: not looked for, or withheld; null: looked for and not there.
function reading(variable) {
  const kind = kinds[variable[1]];
  if (!kind || (kind.storage && variable[3] && !may(variable[0]))) return undefined;
  try {
    const value = either(copy(kind(variable[2])));
    if (variable[3]) hold(value);
    return gate.stale(variable[0], value) ? null : value;
  } catch {
    return undefined;
  }
}

hooks.stamp.push((hit) => config.variables.forEach((variable) => {
  const value = reading(variable);
  if (value !== undefined) put(hit, 'values', variable[0], value, variable[3] && variable[0]);
}));

function forget(hit, name) {
  hit.mine = hit.mine.filter((item) => item[1] !== name || item[2] !== null);
  if (hit.open.values && hit.open.values[name] === null) delete hit.open.values[name];
}

// What was null for a call before the snippet, and is there now, had not been looked for yet.
hooks.booted.push(() => config.variables.forEach((variable) => {
  if (either(reading(variable)) !== null) queue.forEach((hit) => forget(hit, variable[0]));
}));
