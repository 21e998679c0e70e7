// Scripts of the page that break.

import { listen, viewing } from './core.js';
import { sources } from './events.js';
import { address } from './queue.js';

sources.error = (fire) => {
  let left = 0; // a script that breaks again and again
  viewing.push(() => (left = 10));
  const tell = (message, href, line) => left-- > 0 && fire({ message: String(message).match(/^.{0,300}(?![^\s\p{Lo}])|/su)[0], href: address(href), line });
  listen(window, 'error', (event) => event.message && tell(event.message, event.filename, event.lineno));
  listen(window, 'unhandledrejection', ({ reason }) => tell(reason?.message || reason));
};
