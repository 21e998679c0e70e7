// What happens in the page, told to the panel of a preview. Only in scripts for those who have a token.

import { gate, keys, refreshing, stamping, withdrawing } from './core.js';
import { queue } from './queue.js';

const { panel, r: published } = config;

// A hit as it stands at the moment: what may leave, what is personal, and whether it still waits.
const seen = (hit) => {
  const personal = [];
  const open = (values, group) => {
    const found = {};
    keys(values).map((name) => {
      const value = values[name];
      if (typeof value != 'function') found[name] = group || !/^(fields|values|traits)$/.test(name) ? value : open(value || {}, name);
      else if (name != 'page') personal.push([group, name, value(1)]);
    });
    return found;
  };
  return { hit: open(hit), personal, waits: queue.get(hit) === 0 && (gate.held_?.() ? 'held' : 'soon'), state: gate.state_() };
};

// Of a visit that is not real nothing stays in the browser.
if (!published) gate.unstored_ = () => 1;
stamping.push((hit) => panel.made(hit.id, () => seen(hit)));
[refreshing, withdrawing].map((list) => list.push(panel.draw));
