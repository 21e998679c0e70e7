// Usercentrics, versions 2 and 3: categories by their slug, services by their name; only what a person decided.

import { listen, refreshing } from './core.js';
import { tell } from './told.js';
import { awaited } from './late.js';

let turns = 0;

const look = async () => {
  const turn = ++turns;
  const details = await window.__ucCmp?.getConsentDetails();
  const services = details ? Object.values(details.services || {}) : window.UC_UI?.getServicesBaseInfo() || [];
  const decided = details ? details.consent.type == 'EXPLICIT' : services.some(({ consent }) => consent.history.some(({ type }) => type == 'explicit'));
  // Was it overtaken by a later look?
  if (!decided || turn != turns) return;
  // A category is granted where all in it is.
  tell((word) => {
    const category = details?.categories?.[word];
    const found = services.filter(({ name, categorySlug }) => word == name || word == categorySlug).map(({ consent }) => consent.given ?? consent.status);
    return category ? category.state == 'ALL_ACCEPTED' : found[0] && found.every((one) => one === true);
  });
};
const seek = () => look().catch(() => {});

listen(window, 'UC_UI_INITIALIZED UC_UI_CMP_EVENT UC_CONSENT ucEvent', seek);
// It may tell before it has kept what was decided.
refreshing.push(seek);
awaited.push(() => (window.__ucCmp || window.UC_UI) && seek());
