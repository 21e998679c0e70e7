// Matomo's own memory of consent: its cookies.

import './cookie.js';
import { kinds } from './core.js';
import { follow, grants } from './watch.js';

follow(() => {
  const said = (name) => kinds.cookie(name) !== undefined;
  const granted = said('mtm_consent_removed') ? false : said('mtm_consent') || said('mtm_cookie_consent') || undefined;
  return grants(() => granted);
});
