// OneTrust and CookiePro: the groups that are active, once the banner was closed, and as long as that holds.

import { follow, grants } from './watch.js';

follow(() => window.OneTrust?.IsAlertBoxClosed() && OneTrust.IsAlertBoxClosedAndValid?.() !== false && grants((word) => OnetrustActiveGroups.split(',').includes(word)),
  'OneTrustGroupsUpdated OTConsentApplied');
