/** Banter's server in a process of its own, with limits that a benchmark does not meet. */

import { Server } from '../../../core/index.ts';
import { keepMemorySmall } from '../../../repl/memory.ts';
import { admission, limits } from './banter-limits.ts';

// As the program does that people start.
keepMemorySmall();
const server = await Server.start({
  port: Number(process.argv[2]),
  host: '127.0.0.1',
  limits,
  admission,
});
process.once('SIGTERM', () => void server.close());
