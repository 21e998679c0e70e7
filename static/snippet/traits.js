// What `identify` says of somebody, as far as the container has variables for it.

import { commands, stamping, withdrawing } from './core.js';
import { identified } from './identity.js';
import { copy } from './json.js';
import { put } from './queue.js';
import { hold } from './scrub.js';

const { identify } = commands;
let traits = {};

commands.identify = (id, given) => {
  identify(id, given);
  traits = copy(given)?.traits || {};
  hold(config.t.map(([trait, personal]) => personal && traits[trait]));
};

stamping.push((hit) => config.t.map(([trait, personal]) => put(hit, 'traits', trait, (identified && traits[trait]) ?? null, personal)));
withdrawing.push(() => (traits = {}));
