// Time that a test turns by hand; else it goes on as it does, as with Playwright's.
import { install } from '@sinonjs/fake-timers';

window.clock_ = install({ now: Date.now(), shouldAdvanceTime: true, shouldClearNativeTimers: true, ignoreMissingTimers: true, toNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'clearImmediate'] });
