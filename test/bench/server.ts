/** A server in a process of its own, for benchmarks: tells its port and key, then its CPU time whenever it is asked. */

import { Server } from '../../core/index.ts';

const unlimited = 1_000_000;

const server = await Server.start({
  port: 0,
  host: '127.0.0.1',
  limits: { requestsPerSecond: unlimited, requestBurst: unlimited },
  // All clients of a benchmark come from one address, at once.
  admission: {
    addressHandshakesPerSecond: unlimited,
    addressHandshakeBurst: unlimited,
    handshakesPerSecond: unlimited,
    handshakeBurst: unlimited,
    addressConnections: unlimited,
  },
});

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.exit());
process.send?.({ port: server.address.port, key: [...server.key] });
