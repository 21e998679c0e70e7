// Page views: `taggate('page')`, and the first one when the page opens.
// needs: core, queue

let shown = location.href;

function view() {
  if (place(shown) !== place(location.href)) referrer = shown;
  shown = location.href;
  run(hooks.viewed);
  happen('page_view');
}

// A fragment counts only where it is a path of its own: #/cart, #!/cart.
function place(url) {
  const at = url.indexOf('#');
  return at < 0 || /^[/!]/.test(url.slice(at + 1)) ? url : url.slice(0, at);
}

commands.page = view;
hooks.view.push(view);
