// What a banner offers may come long after the page: asked for again and again, ever more seldom.

import { guarded, later } from './core.js';

// `task` returns something true once it has found what it wants.
export const when = (task, wait = 50) => {
  if (!guarded(task)()) later(() => when(task, Math.min(wait * 1.5, 3e3)), wait);
};
