// Osano: told at its start what was saved, if anything was, and whenever something is saved.

import { guarded } from './core.js';
import { follow, grants, when } from './watch.js';

let known;
const check = follow(() => known);

const take = guarded((consent) => {
  if (!consent) return;
  known = grants((word) => consent[word] == 'ACCEPT');
  check();
});

when(() => {
  const { cm } = window.Osano || {};
  if (!cm) return;
  cm.addEventListener('osano-cm-initialized', take);
  cm.addEventListener('osano-cm-consent-saved', take);
  return 1;
});
