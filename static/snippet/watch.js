// Where a choice is kept by others: looked at when something may have changed it. A banner that is not there says nothing,
// nor does one that breaks; to ask whether it is there is much cheaper than to fail.

import { guarded, later, listen, refreshing } from './core.js';
import { decide, letters, unknown } from './consent.js';

// By purpose: what is said of its word, and of the words without which none is granted. undefined: not known yet.
export const grants = (granted) =>
  letters(config.c.b.map((word) => [word, ...config.c.r || []].map(granted).reduce((one, other) => (one === false || other === true ? one : other))));

// `read` says what is granted by purpose, or nothing while nobody has decided. What it returns looks again.
export const follow = (read, events) => {
  let last = unknown;
  const check = () => {
    const next = guarded(read)() || unknown;
    // What a banner that comes late remembers it tells before anybody has touched the page.
    if (next != last) decide(next, navigator.userActivation?.hasBeenActive || last != unknown);
    last = next;
  };
  refreshing.push(check);
  // A banner may tell of one purpose after the other: looked at in between, that would be several choices of one time, of
  // which the refusal counts. A browser may tell of a cookie before it can be read, and a banner write down some time after
  // the click.
  const soon = () => [0, 300, 1500].map((wait) => later(check, wait));
  listen(window.cookieStore, 'change', soon);
  // Those of the document come by the window too.
  listen(window, 'click keydown ' + events, soon);
  return soon;
};
