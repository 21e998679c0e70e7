// Cookiebot: what somebody answered; consent may have been implied.

import { follow, grants } from './watch.js';

follow(() => window.Cookiebot?.hasResponse && Cookiebot.consent.method != 'implied' && grants((word) => Cookiebot.consent[word] === true),
  'CookiebotOnAccept CookiebotOnDecline CookiebotOnConsentReady');
