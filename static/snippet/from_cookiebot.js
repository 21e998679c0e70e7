// Cookiebot.

import { follow, grants } from './watch.js';

follow(() => window.Cookiebot?.hasResponse && grants((word) => Cookiebot.consent[word] === true),
  'CookiebotOnAccept CookiebotOnDecline CookiebotOnConsentReady');
