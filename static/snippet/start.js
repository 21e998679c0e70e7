// The start: the calls made before the snippet, the first page view.

import { commands, containers, gate, guarded, idle, opening, refreshing, run, said, starting, turn } from './core.js';
import { view } from './queue.js';
import { take } from './retry.js';
import { flush } from './send.js';

// Of the token a preview finds out.
commands.preview = preview;
const obey = guarded(([name, ...given]) => commands[name]?.(...given));

let opened;

turn.then(guarded(() => {
  run(starting);
  run(refreshing);
  // What says who is here and what they allow comes before the first page view, the other calls after it; a part of one of
  // these names is no call.
  [...said, []].map(guarded((call) => {
    if (!opened && !'identify reset consent'.includes(call[0])) {
      opened = 1;
      if (!gate.counts_?.()) guarded(view)();
      run(opening);
    }
    obey(call);
  }));
  run(refreshing);
  gate.ready_ = 1;
  containers[config.n] = obey;
  flush();
  idle(guarded(take));
}));
