// Links that are followed: to other websites, to files, or those that a selector finds.

import { gate, listen } from './core.js';
import { describe, leads, sources, within } from './events.js';

sources.link = (fire, source, domains) =>
  listen(document, 'click auxclick', (event) => {
    const link = within(event, 'a,area');
    if (!link || event.button > 1 || !(link.hasAttribute('href') || link.hasAttribute('xlink:href'))) return;
    const { protocol, hostname, pathname } = new URL(leads(link));
    const ours = (domain) => (domain[0] == '*' ? hostname.endsWith(domain.slice(1)) : hostname == domain);
    const fits = source == 'outbound' ? /^http/.test(protocol) && hostname != location.hostname && !domains.some(ours)
      : source == 'download' ? link.hasAttribute('download') || gate.file_(pathname)
      : within(event, source);
    if (fits) fire(describe(link));
  });
