// Links that are followed, as `enableLinkTracking` asks: to other websites, and to files.

import { listen } from './core.js';
import { FILE } from './files.js';
import { fresh } from './fresh.js';
import { calls, list } from './matomo.js';

const met = new WeakSet(); // clicks, and what is listened to
const classes = {};
let domains = [];
let files; // instead of the usual ones
const added = [];
const removed = [];

const marked = (link, kind) => (classes[kind] || []).concat('matomo_' + kind, 'matomo-' + kind, 'piwik_' + kind, 'piwik-' + kind).some((name) => link.classList.contains(name));
const ours = (host) => domains.concat(location.hostname).some((domain) => {
  const name = ('' + domain).replace(/^https?:\/\/|[/:].*/g, '').replace(/^\*\./, '.').toLowerCase();
  return name[0] == '.' ? ('.' + host).endsWith(name) : name == host;
});

const isFile = (path) => {
  const ending = path.replace(/.*\./, '').toLowerCase();
  return added.includes(ending) || (!removed.includes(ending) && (files ? files.includes(ending) : FILE.test(path)));
};

const follow = (event) => {
  const link = event.composedPath().find((node) => node.matches && node.matches(':any-link'));
  if (!link || event.button > 1 || marked(link, 'ignore') || !fresh(met, event)) return;
  const { href, protocol, hostname, pathname } = new window.URL(link.getAttribute('href'), document.baseURI);
  if (!/^(https?|ftp):/.test(protocol)) return;
  const file = link.hasAttribute('download') || marked(link, 'download') || isFile(pathname);
  if (marked(link, 'link') || (!file && !ours(hostname))) calls.trackLink(href, 'link');
  else if (file) calls.trackLink(href, 'download');
};

calls.addListener = (node) => fresh(met, node) && listen(node, 'click auxclick', follow);
calls.enableLinkTracking = () => calls.addListener(document);
calls.setDomains = (given) => (domains = list(given));
calls.getDomains = () => domains;
calls.setIgnoreClasses = (given) => (classes.ignore = list(given));
calls.setLinkClasses = (given) => (classes.link = list(given));
calls.setDownloadClasses = (given) => (classes.download = list(given));
calls.setDownloadExtensions = (given) => (files = list(given));
calls.addDownloadExtensions = (given) => added.push(...list(given));
calls.removeDownloadExtensions = (given) => removed.push(...list(given));
