/** Proves that a free port can be had. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test from 'node:test';
import { freePort } from './free-port.ts';

test('finds a port that a socket can bind and that the original form takes', async (t) => {
  const port = await freePort();
  assert.ok(port >= 1024 && port <= 65_535, `${port}`);
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.bind(port);
  await once(socket, 'listening');
});
