// What a banner offers may come long after the page: asked for again and again, ever more seldom, with one timer for all.

import { guarded, later, starting } from './core.js';

// Each returns something true once it has found what it wants.
export let awaited = [];

let wait = 50;
const look = () => {
  awaited = awaited.filter((task) => !guarded(task)());
  if (awaited[0]) later(look, (wait = Math.min(wait * 1.5, 3e3)));
};

starting.push(look);
