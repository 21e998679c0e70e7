// One GET, with what is told in its query. Of the page nothing goes along, of the browser at most the receiver's cookies.

import { runs } from './run.js';
import { fetch } from './send.js';

runs.pixel = ({ url, cookies }, { query }) => {
  const text = '' + new URLSearchParams(query);
  fetch(text ? url + (url.includes('?') ? '&' : '?') + text : url, {
    mode: 'no-cors',
    credentials: cookies ? 'include' : 'omit',
    referrerPolicy: 'no-referrer',
    keepalive: true,
    cache: 'no-store',
  }).catch(() => {});
};
