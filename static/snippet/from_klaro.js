// Klaro: what was saved, by the service's name.

import { follow, grants } from './watch.js';
import { awaited } from './late.js';

let manager;
const check = follow(() => manager?.confirmed && grants((word) => (manager.savedConsents || manager.consents)[word] === true));

awaited.push(() => {
  manager = window.klaro?.getManager(klaroConfig);
  return manager && [manager.watch({ update: check }), check()];
});
