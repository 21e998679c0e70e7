// Page views of an application that changes its address, and of pages that come back from the back/forward cache.
// needs: core, page, send

let arriving = 0;

// The title follows the address; of two addresses at once only the last was seen.
function moved() {
  clearTimeout(arriving);
  arriving = place(shown) !== place(location.href) ? later(view, 50) : 0;
}

function wrap(name) {
  const original = history[name];
  Object.defineProperty(history, name, {
    configurable: true,
    writable: true,
    value: function () {
      const result = original.apply(this, arguments);
      guarded(moved)();
      return result;
    },
  });
}

hooks.viewed.push(() => {
  clearTimeout(arriving);
  arriving = 0;
});
hooks.leave.push(() => {
  if (arriving) view();
});
hooks.start.push(() => {
  if (window.navigation) listen(navigation, 'currententrychange', moved);
  else {
    ['pushState', 'replaceState'].forEach(guarded(wrap));
    listen(window, 'popstate', moved);
    listen(window, 'hashchange', moved);
  }
  listen(window, 'pageshow', (event) => {
    if (event.persisted) view();
  });
});
