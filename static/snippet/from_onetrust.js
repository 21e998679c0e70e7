// OneTrust and CookiePro: the groups that are active, once the banner was closed.

import { follow, grants } from './watch.js';

follow(() => {
  const groups = window.OnetrustActiveGroups;
  if (typeof groups == 'string' && window.OneTrust.IsAlertBoxClosed()) return grants((word) => groups.split(',').includes(word));
}, 'OneTrustGroupsUpdated OTConsentApplied');
