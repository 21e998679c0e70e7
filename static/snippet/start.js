// The start: the calls made before the snippet, the first page view.

import { commands, gate, guarded, idle, now, opening, refreshing, run, shared, starting, withdrawing } from './core.js';
import { view } from './queue.js';
import { take } from './retry.js';
import { flush } from './send.js';

// Of the token a preview finds out.
commands.preview = preview;
const obey = guarded((call) => commands[call[0]](call[1], call[2]));
let opened;

run(starting);
run(refreshing);
// What says who is here and what they allow comes before the first page view, the other calls after it.
for (const call of [...shared.q, []]) {
  if (!opened && !/^(identify|reset|consent)$/.test(call[0])) {
    opened = 1;
    if (!gate.counts_?.()) guarded(view)();
    run(opening);
  }
  obey(call);
}
run(refreshing);
now.ready_ = 1;
withdrawing.push(() => (shared.q.length = 0));
shared.containers[config.n] = obey;
flush();
idle(guarded(take));
