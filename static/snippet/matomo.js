// Matomo's calls: `_paq`, `Matomo`, also by its older names; its commands are functions of `calls`.

import { commands, guarded, isArray, keys, leaving, listen, opening, refreshing, run, stamping, starting, withdrawing } from './core.js';
import './address.js';
import { answer, complain, count, leave, said, signOut, tell, tellOwn } from './calls.js';
import { fresh } from './fresh.js';
import { copy } from './json.js';
import { address } from './queue.js';
import { wrap } from './wrap.js';

export const calls = { __proto__: null };
const kept = { __proto__: null }; // what has no effect, for those who ask
const scopes = { visit: {}, page: {}, event: {} }; // custom variables
const met = new WeakSet(); // entries of `_paq`, and what is done once
const heard = new Set(); // scripts that broke
const page = {}; // what the page says instead of its address, title and referrer
const dimensions = {};
let appended; // also dimensions
let cart = {};
let timings;
let product;
let title;
let hashless;
let beat = 0; // seconds
let seen = 0; // the last hit, or when the page was looked at again
let person; // as it was given
let layer;
const inits = [window.matomoAsyncInit, window.piwikAsyncInit].filter(Boolean);

// The numbers of custom dimensions and what they are.
const only = (given, found = {}) => {
  keys(given).map((name) => /^dimension[1-9]\d{0,2}$/.test(name) && (found[name.slice(9)] = given[name]));
  return found;
};
const some = (map) => keys(map)[0] && map;
const extra = (data, scope) => ({
  dimensions: some({ ...dimensions, ...appended, ...only(data || {}) }), _cvar: some(scopes.visit), cvar: some({ ...scopes.page, ...scope }),
});
export const list = (given) => (isArray(given) ? given : ('' + given).split('|'));

export const say = (name, fields, data) => tell(name, { ...fields, ...extra(data) });

calls.trackPageView = (name, data) => {
  title = typeof name == 'string' && name;
  count(product ? 'product_view' : 'page_view', said({ ...product, ...timings, ...extra(data) }));
  title = product = timings = 0;
};
calls.trackEvent = (category, action, name, value, data) => category && tellOwn(action, { category, name, value, ...extra(data, scopes.event) });
calls.trackSiteSearch = (term, category, results, data) => say('search', { term, category, results }, data);
calls.trackGoal = (goal, value, data) => say('goal', { goal, value: value || '' }, data);
calls.trackLink = (href, type, data) => href && say(type == 'download' ? type : 'outlink', { href: address('' + href) }, data);
calls.trackContentImpression = (content, piece, target) => content && say('content_impression', { content, piece: piece || 'Unknown', target });
calls.trackContentInteraction = (interaction, content, piece, target) =>
  interaction && content && say('content_interaction', { interaction, content, piece: piece || 'Unknown', target });
calls.ping = () => say('heartbeat');

// A cart stays until an order.
const items = () => keys(cart).map((at) => {
  const [sku, name, category, price, quantity] = cart[at];
  return said({ sku, name, category, price: price || 0, quantity: quantity || 1 });
});
calls.setEcommerceView = (sku, name, category, price) => (product = some(said({ sku, name, category, price })));
calls.addEcommerceItem = (sku, ...more) => sku && (cart[sku] = ['' + sku, ...more]);
calls.removeEcommerceItem = (sku) => delete cart[sku];
calls.clearEcommerceCart = () => (cart = {});
calls.getEcommerceItems = () => ({ ...copy(cart) });
calls.trackEcommerceOrder = (order, value, subtotal, tax, shipping, discount) => {
  if (order && value !== undefined) {
    say('purchase', { order_id: '' + order, value, subtotal, tax, shipping, discount, items: items() });
    cart = {};
  }
};
calls.trackEcommerceCartUpdate = (value) => say('cart_update', { value: value || 0, items: items() });

calls.setUserId = (id) => guarded(commands.identify)((person = id));
calls.resetUserId = () => signOut((person = ''));
calls.getUserId = () => person || '';
withdrawing.push(() => (person = ''));

calls.setCustomUrl = (url) => (page.url = url ? address(new window.URL(url, location.href).href) : null);
calls.getCurrentUrl = () => page.url || location.href;
calls.setReferrerUrl = (url) => (page.referrer = address(url?.toString()));
calls.setDocumentTitle = (text) => (page.title = text?.toString());
calls.setExcludedQueryParams = (names) => config.q.push(...list(names).map((name) => ('' + name).toLowerCase()));
calls.discardHashTag = (on) => (hashless = on);
calls.setCustomDimension = (id, value) => only({ ['dimension' + id]: '' + (value ?? '') }, dimensions);
calls.deleteCustomDimension = (id) => delete dimensions[id];
calls.getCustomDimension = (id) => dimensions[id];
calls.setCustomVariable = (index, name, value, scope) => name && (scopes[scope || 'visit'][index] = ['' + name, '' + (value ?? '')]);
calls.getCustomVariable = (index, scope) => scopes[scope || 'visit'][index] || false;
calls.deleteCustomVariable = (index, scope) => delete scopes[scope || 'visit'][index];
calls.deleteCustomVariables = (scope) => (scopes[scope] = {});
calls.setPagePerformanceTiming = (...given) => {
  timings = {};
  'net srv tfr dm1 dm2 onl'.split(' ').map((name, at) => given[at] >= 0 && (timings['pf_' + name] = Math.round(given[at])));
};
calls.appendToTrackingUrl = (text) => (appended = only(Object.fromEntries(new URLSearchParams('' + text))));
calls.enableHeartBeatTimer = (seconds) => (beat = Math.max(1, seconds) || 15);
calls.disableHeartBeatTimer = () => (beat = 0);
calls.enableJSErrorTracking = () => fresh(met, heard) && listen(window, 'error', ({ message, filename, lineno }) => {
  const where = address(filename || '') + ':' + lineno;
  if (message && heard.size < 10 && fresh(heard, message + where)) calls.trackEvent('JavaScript Errors', where, message);
});

// Known, and of no effect: the gateway does it, or nobody does. In an order that compresses well, here and in other lists.
('TrackerUrl CountPreRendered SiteId CookieNamePrefix PageViewId CookieSameSite CampaignKeywordKey CampaignNameKey ' +
  'ConversionAttributionFirstReferrer SessionCookieTimeout ExcludedReferrers RequestMethod IgnoreCampaignsForReferrers ' +
  'ReferralCookieTimeout CookieDomain APIUrl ReferralUrlMaxLength GenerationTimeMs RequestQueueInterval CrossDomainLinkingTimeout ' +
  'CookiePath SessionCookie CustomRequestProcessing VisitorCookieTimeout IgnoreCampaignAttributionForSources RequestContentType ' +
  'LinkTrackingTimer SecureCookie CustomData VisitorId').split(' ').map((name) => {
  calls['set' + name] = (value) => (kept[name] = value);
  calls['get' + name] = () => kept[name] ?? '';
});
calls.getPiwikUrl = calls.getMatomoUrl = calls.getTrackerUrl;
calls.getVisitorInfo = calls.getAttributionInfo = () => [];
('addPlugin logAllContentBlocksOnPage disableCampaignParameters getAttributionCampaignKeyword killFrame alwaysUseSendBeacon ' +
  'disableBrowserFeatureDetection enableBrowserFeatureDetection disableAlwaysUseSendBeacon disablePerformanceTracking enableFileTracking ' +
  'storeCustomVariablesInCookie getRequest getAttributionReferrerUrl getAttributionReferrerTimestamp redirectFile enableCrossDomainLinking ' +
  'disableQueueRequest getCrossDomainLinkingUrlParameter disableCrossDomainLinking isCrossDomainLinkingEnabled deleteCookies ' +
  'getAttributionCampaignName getVisitorId').split(' ').map((name) => (calls[name] = () => ''));

const obey = (name, given) => {
  const result = guarded(calls[name])(...given);
  if (/^(track|ping)/.test(name) && window.Matomo == own) given.map((done) => answer(done, { success: true }));
  return result;
};

const tracker = {};
const other = {}; // of another website: this container hears nothing of it
const trackerOf = (url, site) => {
  kept.TrackerUrl ??= url;
  kept.SiteId ??= site;
  if (site === undefined || site == kept.SiteId) return tracker;
  complain('_paq', 'site ' + site);
  return other;
};
const own = { getTracker: trackerOf, addTracker: trackerOf, getAsyncTracker: trackerOf, getAsyncTrackers: () => [tracker], initialized: true };
own.addPlugin = own.on = own.off = own.trigger = calls.addPlugin;
calls.addTracker = trackerOf;
'queueRequest trackRequest'.split(' ').map((name) => (calls[name] = () => complain('_paq', name)));

const hear = guarded((entry) => {
  if (!fresh(met, entry)) return;
  const [name, ...given] = entry;
  if (typeof name == 'function') name.apply(tracker, given);
  else if (calls[name]) obey(name, given);
  else if (name) complain('_paq', name);
});

// Also a tracker that the page loads beside this one, which puts itself in the array's place.
const meet = () => {
  const found = window._paq;
  if (!found || found == layer) return [];
  layer = found;
  wrap(found, 'push', (...entries) => entries.map(hear));
  return isArray(found) ? found.slice() : [];
};

// What sets up comes before what is counted, but nobody signs in before a sign-out that was called earlier.
opening.unshift(() => {
  run(inits);
  window._paq ||= [];
  const entries = meet();
  const first = /^(addT|disableC|require|set(Cookie[DP]|DoN|Ex|PageP|Si|TrackerU|UserId))/;
  const out = entries.findIndex((entry) => isArray(entry) && (entry[0] == 'resetUserId' || (entry[0] == 'setUserId' && !entry[1])));
  entries.filter((entry, at) => isArray(entry) && first.test(entry[0]) && (entry[0] != 'setUserId' || out < 0 || at < out)).map(hear);
  entries.map(hear);
});

starting.push(() => {
  if (inits.concat(window._paq || [])[0]) leave();
  keys(calls).map((name) => {
    tracker[name] = (...given) => obey(name, given);
    other[name] = () => '';
  });
  window.Matomo ||= own;
  window.Piwik ||= own;
  window.AnalyticsTracker ||= own;
  listen(document, 'visibilitychange', () => document.hidden || (seen = Date.now()));
  listen(window, 'load', again);
});
const again = () => layer && meet().map(hear);

refreshing.push(again);
stamping.push((hit) => {
  seen = Date.now();
  keys(page).map((name) => (hit[name] = page[name] ?? hit[name]));
  if (hashless) hit.url = hit.url.replace(/#.*/s, '');
  if (title) hit.title = title;
});
leaving.push(() => beat && Date.now() - seen >= beat * 1e3 && calls.ping());
