// How the addresses of files end that somebody downloads.

import { gate } from './core.js';

export const FILE =
  /\.(7z|aac|apk|avi|bin|bz2|csv|deb|dmg|docx?|epub|exe|gz|ics|iso|jar|mov|mp[34]|mpe?g|msi|od[pst]|og[gv]|pdf|pkg|pptx?|rar|rpm|rtf|tar|tgz|txt|wav|webm|wm[av]|xlsx?|xml|zip)$/i;

gate.file_ = (path) => FILE.test(path);
