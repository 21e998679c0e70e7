// IAB TCF 2.2: the choice is final once it was loaded or made; an open banner changes nothing yet.

import { guarded } from './core.js';
import { follow, grants, when } from './watch.js';

let known;
const check = follow(() => known);

when(() => {
  if (typeof __tcfapi != 'function') return;
  __tcfapi('addEventListener', 2, guarded((data, fine) => {
    if (!fine || !/^(tcloaded|useractioncomplete)$/.test(data.eventStatus)) return;
    known = grants((word) => data.purpose.consents[word] === true);
    check();
  }));
  return 1;
});
