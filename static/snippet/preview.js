// What happens in the page, told to the panel of a preview. Only in scripts for those who have a token.

import { deciding, gate, stamping, withdrawing } from './core.js';
import { queue } from './queue.js';

const { panel } = config;

// A hit as it stands at the moment: what may leave, what is personal, and whether it still waits.
const seen = (hit) => ({
  hit: hit.open_,
  personal: hit.mine_,
  waits: queue.includes(hit) && (gate.held_() ? 'held' : 'soon'),
  state: gate.state_(),
});

stamping.push((hit) => panel.made(hit.open_.id, () => seen(hit)));

[deciding, withdrawing].map((list) => list.push(panel.draw));
