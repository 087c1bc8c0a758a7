/** The chat server that a Node programmer writes by hand on the `ws` package. */

import { once } from 'node:events';
import { WebSocket } from 'ws';
import { nodeServer, type Peer, type PeerClient, type Target } from './peer.ts';
import type { FromServer, ToServer } from './ws-server.ts';

export const ws: Peer = {
  name: 'ws',
  terms: 'in clear; acknowledged after the fan-out; JSON',
  launch: (place) => nodeServer('ws-server.ts', place),
  connect,
};

async function connect({ port, onMessage, onLost }: Target): Promise<PeerClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(socket, 'open');
  const acknowledgements = new Map<number, () => void>();
  let nextId = 1;
  let closing = false;
  socket.on('error', () => {});
  socket.on('close', (code) => {
    if (!closing) onLost(`closed with ${code}`);
  });
  socket.on('message', (data) => {
    const message: FromServer = JSON.parse(String(data));
    if (message.type === 'message') {
      onMessage(message.text);
    } else {
      acknowledgements.get(message.id)?.();
      acknowledgements.delete(message.id);
    }
  });
  const ask = (message: ToServer): Promise<void> =>
    new Promise((resolve) => {
      acknowledgements.set(message.id, resolve);
      socket.send(JSON.stringify(message));
    });
  return {
    join: (group) => ask({ type: 'join', id: nextId++, group }),
    send: (group, text) => ask({ type: 'send', id: nextId++, group, text }),
    close: () => {
      closing = true;
      socket.terminate();
    },
  };
}
