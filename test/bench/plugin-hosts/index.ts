/** Whatever runs plugins, by name. */

import { openBanter } from './banter.ts';
import type { OpenHost } from './host.ts';
import { openHubot } from './hubot.ts';
import { openProcesses } from './processes.ts';
import { openQuickJs } from './quickjs.ts';
import { openWorkers } from './workers.ts';

export const pluginHosts: ReadonlyMap<string, { readonly open: OpenHost; readonly terms: string }> =
  new Map([
    ['banter', { open: openBanter, terms: 'isolates in a child process' }],
    ['processes', { open: openProcesses, terms: 'a process for each, all of Node inside' }],
    ['hubot', { open: openHubot, terms: 'in the process, no wall, no limits' }],
    [
      'worker_threads',
      { open: openWorkers, terms: 'threads with a heap limit, all of Node inside' },
    ],
    [
      'quickjs',
      { open: openQuickJs, terms: 'an interpreter in WebAssembly, on the thread of the chat' },
    ],
  ]);
