/** Banter's server in a process of its own, with limits that a benchmark does not meet. */

import { Server } from '../../../core/index.ts';
import { admission, limits } from './banter-limits.ts';

const server = await Server.start({
  port: Number(process.argv[2]),
  host: '127.0.0.1',
  limits,
  admission,
});
process.once('SIGTERM', () => void server.close());
