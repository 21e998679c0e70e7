// Forms that are sent; nothing of what was typed.

import { listen } from './core.js';
import { sources, whole } from './events.js';
import { fresh } from './fresh.js';

sources.submit = (fire, css) => {
  const met = new WeakSet();
  const hear = (root) => {
    if (fresh(met, root)) listen(root, 'submit', ({ target }) => {
      // An input called "id" or "action" stands in for the form's own.
      const said = (word) => target.getAttribute(word);
      if (!target.matches(css)) return;
      fire({ id: said('id'), classes: said('class'), name: said('name'), href: whole(said('action') || location.href) });
    });
  };
  hear(document);
  // A submit does not leave its shadow root; the click or the key that causes it does.
  listen(document, 'click keydown', (event) => event.composedPath().map((node) => node.nodeType > 9 && hear(node)));
};
