// Tags that run in the page, when the answer to its hits says so: each once for each of them.

import { gate, guarded, refreshing, run } from './core.js';
import { fresh } from './fresh.js';

export const runs = {}; // by type: how a tag is run
const ran = new Set();

gate.heard_ = (answer, hits) => {
  if (answer.status != 200) return;
  answer.json().then(guarded((said) => {
    // Was the choice taken back meanwhile?
    run(refreshing);
    said.run?.map(guarded((told) => {
      const [type, settings] = config.x[told.tag];
      // A hit of this page, and of who is here still: after a withdrawal the page has another number.
      if (!hits.some(({ id, page }) => id == told.hit && page?.(1) == gate.page_)) return;
      if (!fresh(ran, told.tag) && settings.once_per_page) return;
      runs[type](settings, told);
    }));
  }), () => {});
};
