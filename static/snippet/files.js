// How the addresses of files end that somebody downloads.

import { gate } from './core.js';

export const FILE =
  /\.(7z|aac|apk|avi|bin|bz2|csv|deb|dmg|epub|exe|ics|iso|mov|mp[34]|mpe?g|msi|od[pst]|og[gv]|pdf|pkg|[jrt]ar|rpm|rtf|t?gz|txt|wav|webm|wm[av]|(doc|ppt|xls)x?|xml|zip)$/i;

gate.file_ = (path) => FILE.test(path);
