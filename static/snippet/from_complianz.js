// Complianz: categories, once the banner was answered.

import { follow, grants } from './watch.js';

follow(() => window.cmplz_get_cookie?.('banner-status') == 'dismissed' && grants(cmplz_has_consent),
  'cmplz_fire_categories cmplz_status_change cmplz_banner_status cmplz_revoke');
