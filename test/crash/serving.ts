/** A server in a process of its own, on a store that syncs as it is told: `serving.ts <folder> <port> <FULL|NORMAL>`. */

import { Server } from '../../core/server/server.ts';
import { SqliteStore } from '../../core/store/sqlite-store.ts';

const [folder = '', port = '', level] = process.argv.slice(2);
const newSeed = (): Uint8Array => new Uint8Array(32).fill(1);
const synchronous = level === 'NORMAL' ? 'NORMAL' : 'FULL';
const store = await SqliteStore.open({ folder, newSeed, synchronous });
const policy = { groupsPerClient: 2 };
const server = await Server.start({ host: '127.0.0.1', port: Number(port), store, policy });
process.on('SIGTERM', async () => {
  await server.close();
  await store.close();
});
process.stdout.write(`serving on ${server.address.port}\n`);
