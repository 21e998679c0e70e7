// Links that are followed: to other websites, to files, or those that a selector finds.

import { gate, listen } from './core.js';
import { aim, describe, sources, whole, within } from './events.js';

sources.link = (fire, source, domains) =>
  listen(document, 'click auxclick', (event) => {
    const link = within(event, ':any-link');
    if (!link || event.button > 1) return;
    const { protocol, hostname, pathname } = new window.URL(whole(aim(link)));
    const ours = (domain) => (domain[0] == '*' ? hostname.endsWith(domain.slice(1)) : hostname == domain);
    const fits = source == 'outbound' ? protocol[0] == 'h' && hostname != location.hostname && !domains.some(ours)
      : source == 'download' ? link.hasAttribute('download') || gate.file_(pathname)
      : within(event, source);
    if (fits) fire(describe(link));
  });
