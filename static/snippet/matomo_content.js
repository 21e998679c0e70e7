// Content blocks of a page, marked as Matomo asks: what was shown, and what was clicked.

import { guarded, listen, viewing } from './core.js';
import { fresh } from './fresh.js';
import { calls } from './matomo.js';

const marks = (part) => '[data-content-' + part.toLowerCase() + '],.matomoContent' + part + ',.piwikContent' + part;
const BLOCK = '[data-track-content],.matomoTrackContent,.piwikTrackContent';
const shown = new Set(); // since the page view
const watched = new WeakSet();
let watcher;

viewing.push(() => shown.clear());

const find = (node, css) => (node.matches(css) ? node : node.querySelector(css));
const part = (node, name) => find(node, marks(name));
const value = (node, name) => node?.getAttribute('data-content-' + name);
const whole = (node, name) => {
  const url = find(node, '[' + name + ']')?.getAttribute(name);
  return url && new window.URL(url, document.baseURI).href;
};

const describe = (node) => {
  const body = part(node, 'Piece') || node;
  const piece = value(body, 'piece') || whole(body, 'src');
  const aim = part(node, 'Target') || node;
  const name = value(part(node, 'Name'), 'name') || piece?.replace(location.origin, '') || body.title || node.title;
  return [name || 'Unknown', piece, value(aim, 'target') || whole(aim, 'href')];
};

const show = guarded((node) => {
  const block = describe(node);
  if (fresh(shown, block.join(' '))) calls.trackContentImpression(...block);
});

const all = (within, use) => {
  if (fresh(watched, all)) listen(document, 'click', (event) => {
    // Of what was clicked only the target counts, where one is named.
    const path = event.composedPath().filter((node) => node.matches);
    const node = path.find((each) => each.matches(BLOCK));
    const aim = node && part(node, 'Target');
    if (!node || (aim && !path.includes(aim)) || path.some((each) => each.matches(marks('IgnoreInteraction')))) return;
    calls.trackContentInteraction('click', ...describe(node));
  });
  const look = () => {
    if (within.matches && within.matches(BLOCK)) use(within);
    within.querySelectorAll(BLOCK).forEach(use);
  };
  if (document.readyState == 'loading') listen(document, 'DOMContentLoaded', look);
  else look();
};

calls.trackAllContentImpressions = () => all(document, show);
calls.trackContentImpressionsWithinNode = (node) => all(node, show);
calls.trackVisibleContentImpressions = () => {
  watcher ||= new IntersectionObserver((entries) => entries.map(({ isIntersecting, target }) => isIntersecting && show(target)));
  all(document, (node) => {
    if (fresh(watched, node)) watcher.observe(node);
  });
};
calls.trackContentInteractionNode = (node, interaction) => {
  const block = node.closest(BLOCK);
  if (block) calls.trackContentInteraction(interaction || 'Unknown', ...describe(block));
};
