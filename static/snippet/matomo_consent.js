// The consent calls of `_paq`: what they hold back themselves, and the purpose that they stand for.

import { commands, gate, guarded, kinds, starting } from './core.js';
import './cookie.js';
import { calls } from './matomo.js';
import { clear, flush, withdraw } from './send.js';

const purpose = config.m;
const { held_, unstored_ } = gate;
const granted = { cookie_: 'mtm_consent' };
const cookies = { cookie_: 'mtm_cookie_consent' };
let cookieless;
let muted;
const removed = 'mtm_consent_removed'; // somebody objected, also before this came instead of Matomo

const missing = (one) => one.needed_ && !one.given_;
gate.held_ = () => held_?.() || muted || missing(granted);
gate.unstored_ = () => muted || missing(granted) || unstored_?.();
const omits = () => cookieless || missing(cookies);
gate.options_ = { ...gate.options_, get credentials() { return omits() ? 'omit' : 'include'; } };

const keep = (name, value, seconds) => {
  const domain = calls.getCookieDomain().replace(/^\*/, '');
  document.cookie = name + '=' + value + ';path=' + (calls.getCookiePath() || '/') + (domain && ';domain=' + domain) + ';SameSite=Lax;max-age=' + seconds;
};
const remember = (one, hours) => keep(one.cookie_, Date.now(), hours * 3600 || 34e6);
const forget = (name) => kinds.cookie(name) && keep(name, '', 0);

// Both kinds of consent stand for one purpose: it is granted where neither is missing.
const tell = () => {
  if (!missing(granted) && !missing(cookies)) guarded(commands.consent)({ [purpose]: true });
  if (gate.ready_) guarded(flush)();
};
const give = (one) => {
  one.given_ = 1;
  tell();
};
const drop = (one) => {
  one.given_ = 0;
  forget(one.cookie_);
};
// A no to everything that names no purpose refuses all: a page's no is never lost.
const refuse = (one) => {
  drop(one);
  one.needed_ = 1;
  const every = {};
  (purpose ? [purpose] : (one == granted && config.c?.p) || []).map((name) => (every[name] = false));
  guarded(commands.consent)(every);
};
const object = () => {
  refuse(granted);
  drop(cookies);
  withdraw();
  keep(removed, 1, 34e6);
};
const need = (one) => {
  one.needed_ = 1;
  if (kinds.cookie(one.cookie_) && !kinds.cookie(removed)) give(one);
};

calls.requireConsent = () => need(granted);
calls.setConsentGiven = () => {
  // Nothing from the time of a refusal is sent after it.
  if (kinds.cookie(removed)) clear();
  forget(removed);
  give(granted);
};
calls.rememberConsentGiven = (hours) => {
  calls.setConsentGiven();
  remember(granted, hours);
};
calls.forgetConsentGiven = calls.optUserOut = object;
calls.forgetUserOptOut = () => kinds.cookie(removed) && calls.setConsentGiven();
calls.requireCookieConsent = () => need(cookies);
calls.setCookieConsentGiven = () => {
  cookieless = 0;
  give(cookies);
};
calls.rememberCookieConsentGiven = (hours) => {
  calls.setCookieConsentGiven();
  remember(cookies, hours);
};
calls.forgetCookieConsentGiven = () => refuse(cookies);
calls.disableCookies = () => (cookieless = 1);
calls.setDoNotTrack = (on) => on && navigator.doNotTrack == '1' && (muted = 1);
calls.hasConsent = () => !muted && !missing(granted);
calls.isConsentRequired = () => !!granted.needed_;
calls.isUserOptedOut = () => !calls.hasConsent();
calls.getRememberedConsent = () => kinds.cookie(granted.cookie_) || null;
calls.hasRememberedConsent = () => !!kinds.cookie(granted.cookie_);
calls.getRememberedCookieConsent = () => kinds.cookie(cookies.cookie_) || null;
calls.hasCookies = () => navigator.cookieEnabled;
calls.areCookiesEnabled = () => !omits();

starting.push(() => kinds.cookie(removed) && refuse(granted));
