/** The same on a database, `<port> <folder>`; at SIGUSR2 it writes into the folder how long its event loop was stalled. */

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Server } from '../../../core/index.ts';
import { keepMemorySmall } from '../../../repl/memory.ts';
import { admission, limits } from './banter-limits.ts';

// As the program does that people start.
keepMemorySmall();
const [port, folder = ''] = process.argv.slice(2);
const dataDir = join(folder, 'data');
const server = await Server.start({
  ...{ port: Number(port), host: '127.0.0.1', dataDir },
  limits,
  admission,
});
const resolutionMs = 1;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();
process.on('SIGUSR2', () => {
  const path = join(folder, 'stall.json');
  const stallMs = delay.percentile(99) / 1e6 - resolutionMs;
  delay.reset();
  writeFileSync(`${path}.new`, JSON.stringify({ stallMs }));
  renameSync(`${path}.new`, path);
});
process.once('SIGTERM', () => void server.close());
