// What happens in the page, told to the panel of a preview. Only in scripts for those who have a token.

import { gate, refreshing, stamping, withdrawing } from './core.js';
import { queue } from './queue.js';

const { panel, r: published } = config;

// A hit as it stands at the moment: what may leave, what is personal, and whether it still waits.
const seen = (hit) => ({
  hit: hit.open_,
  personal: hit.mine_,
  waits: queue.has(hit) && !hit.sent_ && (gate.held_?.() ? 'held' : 'soon'),
  state: gate.state_(),
});

// Of a visit that is not real nothing stays in the browser.
if (!published) gate.unstored_ = () => 1;
stamping.push((hit) => panel.made(hit.open_.id, () => seen(hit)));
[refreshing, withdrawing].map((list) => list.push(panel.draw));
