// tarteaucitron: services by their key; one that waits for an answer is unknown.

import { follow, grants } from './watch.js';

follow(() => grants((word) => tarteaucitron.state[word]),
  config.c.b.map((word) => word + '_added ' + word + '_allowed ' + word + '_disallowed').join(' '));
