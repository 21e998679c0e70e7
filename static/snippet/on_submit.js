// Forms that are sent; nothing of what was typed.

import { listen } from './core.js';
import { leads, sources } from './events.js';

sources.submit = (fire, css) =>
  listen(document, 'submit', ({ target }) => {
    // An input called "id" or "action" stands in for the form's own.
    const said = (word) => target.getAttribute(word);
    if (!target.matches(css)) return;
    const href = leads({ getAttribute: () => said('action') });
    fire({ id: said('id'), name: said('name'), classes: said('class'), href });
  });
