// Of many calls in a row one is made, a moment later.

import { later } from './core.js';

export const seldom = (task, wait) => {
  let timer;
  return () => {
    timer ||= later(() => {
      timer = 0;
      task();
    }, wait);
  };
};
