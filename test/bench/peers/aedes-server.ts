/** aedes as it comes, in a process of its own. */

import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker();
const server = createServer({ noDelay: true }, (socket) => broker.handle(socket));
server.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 });
process.once('SIGTERM', () => process.exit());
