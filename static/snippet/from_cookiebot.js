// Cookiebot: what somebody answered; its method is another where consent was only implied, and none before.

import { follow, grants } from './watch.js';

follow(() => Cookiebot.consent.method == 'explicit' && grants((word) => Cookiebot.consent[word] === true),
  'CookiebotOnAccept CookiebotOnDecline');
