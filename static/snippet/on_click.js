// Clicks with any button, and what a keyboard makes of them.

import { listen } from './core.js';
import { describe, sources, within } from './events.js';

sources.click = (fire, css) =>
  listen(document, 'click auxclick', (event) => {
    const node = within(event, css);
    if (node) fire({ ...describe(node), button: ['left', 'middle', 'right'][event.button] });
  });
