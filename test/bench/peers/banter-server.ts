/** Banter's server in a process of its own, with limits that a benchmark does not meet. */

import { Server } from '../../../core/index.ts';
import { keepMemorySmall } from '../../../repl/memory.ts';

const beyondReach = 1_000_000;
const bytesBeyondReach = 2 ** 40;
const logBytesMax = 512 * 1024 * 1024;

// As the program does that people start.
keepMemorySmall();
const server = await Server.start({
  port: Number(process.argv[2]),
  host: '127.0.0.1',
  limits: {
    requestsPerSecond: beyondReach,
    requestBurst: beyondReach,
    requestBytesPerSecond: bytesBeyondReach,
    requestByteBurst: bytesBeyondReach,
    namesPerAddress: beyondReach,
    // As the queues of the others have no bound: nobody is to miss what a crowded machine delivers late.
    logMessages: beyondReach,
    logBytes: logBytesMax,
    logBytesTotal: logBytesMax,
  },
  // All clients of a benchmark come from one address, at once.
  admission: {
    addressHandshakesPerSecond: beyondReach,
    addressHandshakeBurst: beyondReach,
    handshakesPerSecond: beyondReach,
    handshakeBurst: beyondReach,
    addressConnections: beyondReach,
  },
});
process.once('SIGTERM', () => void server.close());
