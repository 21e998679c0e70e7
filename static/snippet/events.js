// What a container listens for: each kind is a module that fires; how often, and when, is decided here.

import { guarded, later, starting, viewing } from './core.js';
import { address, happen } from './queue.js';

export const sources = { __proto__: null }; // by kind: listens, and calls what it is given with the fields
export let nth = 0; // counts page views

viewing.push(() => nth++);

starting.push(() => config.e.map(guarded(([name, kind, once, delay, ...more]) => {
  let last;
  sources[kind]((fields) => {
    if (once && last == nth) return;
    last = nth;
    if (delay) later(() => happen(name, fields), delay * 1e3);
    else happen(name, fields);
  }, ...more);
})));

// What is said of an element: never what somebody typed, and no half a word, which could be half an ID that nobody finds.
export const describe = (node) => {
  const link = node.closest(':any-link');
  const typed = '[contenteditable],textarea,select';
  const text = node.closest(typed) || node.querySelector(typed) ? '' : node.textContent || (/submit|button/.test(node.type) && node.value) || '';
  return {
    id: node.getAttribute('id'),
    classes: node.getAttribute('class'),
    text: text.trim().replace(/\s+/g, ' ').match(/^.{0,100}(?![^\s\p{Lo}])|/su)[0],
    href: link && whole(aim(link)),
    element: node.localName,
  };
};

// Where a link leads, of SVG's too.
export const aim = (link) => link.getAttribute('href') ?? link.getAttribute('xlink:href');

// The address that stands for one in the page, as it may leave; what is none stays as it is.
export const whole = (href) => address(guarded(() => new window.URL(href, document.baseURI).href)() ?? href);

// Where an event happened, also within open shadow roots.
export const within = (event, css) => event.composedPath().find((node) => node.matches && node.matches(css));
