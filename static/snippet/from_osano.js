// Osano: told at its start what was saved, if anything was, and whenever something is saved.

import { guarded } from './core.js';
import { tell } from './told.js';
import { awaited } from './late.js';

awaited.push(() => window.Osano?.cm && ['initialized', 'consent-saved'].map((name) =>
  Osano.cm.addEventListener('osano-cm-' + name, guarded((consent) => consent && tell((word) => consent[word] == 'ACCEPT')))));
