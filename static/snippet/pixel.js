// One GET. Of the page nothing goes along, of the browser at most the receiver's cookies.

import { runs } from './run.js';
import { fetch } from './send.js';

runs.pixel = ({ cookies }, { url }) => fetch(url, {
  mode: 'no-cors',
  credentials: cookies ? 'include' : 'omit',
  referrerPolicy: 'no-referrer',
  keepalive: true,
  cache: 'no-store',
}).catch(() => {});
