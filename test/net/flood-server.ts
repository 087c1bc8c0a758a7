/** A server in a process of its own: says where it listens, then on request how many datagrams it has dropped. */

import { Server } from '../../core/index.ts';

const server = await Server.start({ host: '127.0.0.1', port: 0 });
process.send?.(server.address);
process.on('message', () => {
  const dropped = [...server.drops.values()].reduce((sum, count) => sum + count, 0);
  process.send?.(dropped);
});
process.on('disconnect', () => void server.close());
