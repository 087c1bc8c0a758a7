/** A server in the process of the tests, where a process of its own would prove nothing. */

import { Server } from '../../core/index.ts';
import type { Home } from './home.ts';

/** Starts one on a port of its own that ends with the home, its memory with it. @returns `127.0.0.1:port` */
export async function hostServer(home: Home): Promise<string> {
  const server = await hostServerAt(home, 0);
  return `127.0.0.1:${server.address.port}`;
}

/** The same on a port that is given, for who ends it earlier and has another in its place, with a key of its own. */
export async function hostServerAt(home: Home, port: number): Promise<Server> {
  const server = await Server.start({ port, host: '127.0.0.1' });
  home.onClose(async () => void (await server.close()));
  return server;
}
