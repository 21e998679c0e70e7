// Links that are followed, as `enableLinkTracking` asks: to other websites, and to files.

import { isArray, listen } from './core.js';
import { calls } from './matomo.js';

const met = new WeakSet(); // clicks
const classes = { ignore: [], link: [], download: [] };
let domains = [];
let endings = ('7z aac apk arc arj asc asf asx avi azw3 bin bz bz2 csv deb dmg doc docx epub exe flv gif gz gzip hqx ibooks ics iso jar jpeg jpg js md5 mobi mov mp2 ' +
  'mp3 mp4 mpeg mpg msi msp odb odf odg odp ods odt ogg ogv pdf phps png ppt pptx qt qtm ra ram rar rpm rtf sea sha sha256 sig sit tar tbz tbz2 tgz torrent txt ' +
  'wav wma wmv wpd xls xlsx xml xz z zip').split(' ');

const list = (given) => (isArray(given) ? given : ('' + given).split('|'));
const marked = (link, kind) => classes[kind].concat('matomo_' + kind, 'matomo-' + kind, 'piwik_' + kind, 'piwik-' + kind).some((name) => link.classList.contains(name));
const ours = (host) => domains.concat(location.hostname).some((domain) => {
  const name = ('' + domain).replace(/^https?:\/\//, '').replace(/[/:].*/, '').replace(/^\*\./, '.').toLowerCase();
  return name[0] == '.' ? ('.' + host).endsWith(name) : name == host;
});

const follow = (event) => {
  const link = event.composedPath().find((node) => node.matches && node.matches('a[href],area[href]'));
  if (!link || event.button > 1 || met.has(event) || marked(link, 'ignore')) return;
  met.add(event);
  const { href, protocol, hostname, pathname } = new URL(link.getAttribute('href'), document.baseURI);
  if (!/^(https?|ftp):/.test(protocol)) return;
  const file = link.hasAttribute('download') || marked(link, 'download') || endings.includes(pathname.replace(/.*\./, '').toLowerCase());
  if (marked(link, 'link') || (!file && !ours(hostname))) calls.trackLink(href, 'link');
  else if (file) calls.trackLink(href, 'download');
};

calls.enableLinkTracking = () => {
  listen(document, 'click auxclick', follow);
  calls.enableLinkTracking = () => {};
};
calls.addListener = (node) => listen(node, 'click auxclick', follow);
calls.setDomains = (given) => (domains = list(given));
calls.getDomains = () => domains;
calls.setIgnoreClasses = (given) => (classes.ignore = list(given));
calls.setLinkClasses = (given) => (classes.link = list(given));
calls.setDownloadClasses = (given) => (classes.download = list(given));
calls.setDownloadExtensions = (given) => (endings = list(given));
calls.addDownloadExtensions = (given) => (endings = endings.concat(list(given)));
calls.removeDownloadExtensions = (given) => (endings = endings.filter((ending) => !list(given).includes(ending)));
