// Axeptio: vendors by their name; told when somebody has chosen, now or before.

import { guarded, starting } from './core.js';
import { tell } from './told.js';

starting.push(() => (window._axcb ||= []).push(guarded((sdk) => sdk.on('cookies:complete', guarded((choices) => tell((word) => choices[word] === true))))));
