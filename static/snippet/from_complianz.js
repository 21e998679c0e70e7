// Complianz: categories, once the banner was answered. Where its law lets everything run until somebody refuses, it says
// itself that there is consent; its cookies do not. Whoever opens it again has answered still.

import { follow, grants } from './watch.js';

follow(() => window.cmplz_get_cookie?.('banner-status') && grants((word) => cmplz_get_cookie(word) == 'allow'),
  'cmplz_fire_categories');
