// CookieYes.

import { follow, grants } from './watch.js';

follow(() => {
  const { isUserActionCompleted, categories } = window.getCkyConsent?.() || {};
  return isUserActionCompleted && grants((word) => categories[word] === true);
}, 'cookieyes_banner_load cookieyes_consent_update');
