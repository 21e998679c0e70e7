// Elements, without a line of HTML: pages may forbid it (Trusted Types), and what is shown is never read as markup.

export const h = (name, given = {}, ...children) => {
  const { onclick, ...attributes } = given;
  const [tag, ...classes] = name.split('.');
  const made = document.createElement(tag || 'div');
  if (classes[0]) made.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  if (onclick) made.addEventListener('click', onclick);
  made.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false && child !== ''));
  return made;
};

// An inner part that opens; which ones are open is remembered over redrawing.
export const opens = (key, open, summary, ...inner) => {
  const made = h('details', { open: open.has(key) }, h('summary', { 'data-key': key }, summary), ...inner);
  made.addEventListener('toggle', () => (made.open ? open.add(key) : open.delete(key)));
  return made;
};

export const chip = (text, kind = '', title = undefined) => h(`span.chip${kind && '.' + kind}`, { title }, text);

export const time = (at) => new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

// What redrawing would lose: where the lists stood and what had the focus. Call what it returns afterwards. `same`: the
// same event is shown as before.
export const standing = (root, same) => {
  const parts = same ? ['nav', 'article'] : ['nav'];
  const tops = parts.map((part) => [part, (root.querySelector(part) || {}).scrollTop]);
  const active = root.activeElement;
  const key = active && active.getAttribute('data-key');
  return () => {
    for (const [part, top] of tops) if (top !== undefined && root.querySelector(part)) root.querySelector(part).scrollTop = top;
    const shown = root.querySelector('.event[aria-current=true]');
    if (shown) shown.scrollIntoView({ block: 'nearest' });
    const next = (key == 'event' && shown) || [...root.querySelectorAll('[data-key]')].find((one) => one.getAttribute('data-key') == key) || root.querySelector('.pill');
    if (key && next) next.focus({ preventScroll: true });
  };
};
