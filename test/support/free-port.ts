/** A free UDP port for programs that must be told a number, such as those started in the original's form. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A port that was free on all IPv4 addresses a moment ago; whoever can bind port 0 and tell its number should do that instead. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
