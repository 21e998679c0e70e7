// Usercentrics, versions 2 and 3: categories by their slug, services by their name; only what a person decided.

import { guarded, listen, starting } from './core.js';
import { follow, grants, when } from './watch.js';

let known;
const check = follow(() => known);

const all = (found) => (found.length ? found.every((one) => one === true) : undefined);

const look = guarded(async () => {
  const { UC_UI: two, __ucCmp: three } = window;
  if (three && three.getConsentDetails) {
    const { consent, services = {}, categories = {} } = await three.getConsentDetails();
    if (consent.type != 'EXPLICIT') return;
    const named = (word) => Object.values(services).filter((one) => one.name == word).map((one) => one.consent.given);
    known = grants((word) => all(categories[word] ? [categories[word].state == 'ALL_ACCEPTED'] : named(word)));
  } else {
    const services = two.getServicesBaseInfo();
    if (!services.some((one) => one.consent.history.some((entry) => entry.type == 'explicit'))) return;
    known = grants((word) => all(services.filter((one) => one.categorySlug == word || one.name == word).map((one) => one.consent.status)));
  }
  check();
});
const seek = () => look().catch(() => {});

starting.push(() => {
  listen(window, 'UC_UI_INITIALIZED UC_UI_CMP_EVENT ucEvent', seek);
  when(() => (window.__ucCmp || (window.UC_UI && UC_UI.isInitialized())) && (seek(), 1));
});
