// The start: one `taggate` for all containers of the page, the calls made before it, the first page view.
// needs: core, queue, send

const origin = home();

// Calls are kept so that a second container, loading later, hears them too.
function entrance() {
  const found = window.taggate;
  if (found && found.containers) return found;
  const taggate = function () {
    if (taggate.q.length < 100) taggate.q.push(arguments);
    keys(taggate.containers).forEach((name) => taggate.containers[name](arguments));
  };
  taggate.q = (found && found.q) || [];
  taggate.containers = Object.create(null);
  return (window.taggate = taggate);
}

const obey = guarded((call) => {
  if (commands[call[0]]) commands[call[0]](call[1], call[2]);
});

// What says who is here and what they allow comes before the first page view, the other calls after it.
function boot(taggate) {
  if (booted) return;
  const calls = taggate.q;
  let at = 0;
  run(hooks.start);
  while (at < calls.length && /^(identify|reset|consent)$/.test((calls[at] || '')[0])) obey(calls[at++]);
  run(hooks.view);
  run(hooks.rest);
  while (at < calls.length) obey(calls[at++]);
  run(hooks.booted);
  booted = true;
  hooks.withdrawn.push(() => (calls.length = 0));
  taggate.containers[config.name] = obey;
  flush();
}

function start() {
  const taggate = entrance();
  if (own(taggate.containers, config.name)) return;
  taggate.containers[config.name] = () => {};
  if (document.prerendering) listen(document, 'prerenderingchange', () => boot(taggate));
  else boot(taggate);
}

guarded(start)();
