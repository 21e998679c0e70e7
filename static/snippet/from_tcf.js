// IAB TCF 2.2: the choice is final once it was loaded or made; an open banner changes nothing yet.

import { guarded } from './core.js';
import { tell } from './told.js';
import { awaited } from './late.js';

awaited.push(() => window.__tcfapi && [
  __tcfapi('addEventListener', 2, guarded((data, fine) => {
    if (fine && ['tcloaded', 'useractioncomplete'].includes(data.eventStatus)) tell((word) => data.purpose.consents[word] === true);
  })),
]);
