/** socket.io with its rooms and acknowledgements, over WebSocket from the start. */

import { io } from 'socket.io-client';
import { nodeServer, type Peer, type PeerClient, type Target } from './peer.ts';

export const socketIo: Peer = {
  name: 'socket.io',
  terms: 'in clear; acknowledged after the fan-out',
  launch: (place) => nodeServer('socket-io-server.ts', place),
  connect,
};

async function connect({ port, onMessage, onLost }: Target): Promise<PeerClient> {
  const socket = io(`http://127.0.0.1:${port}`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
  });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  await connected;
  socket.on('disconnect', (reason) => {
    if (reason !== 'io client disconnect') onLost(reason);
  });
  socket.on('message', onMessage);
  return {
    join: (group) => socket.emitWithAck('join', group),
    send: (group, text) => socket.emitWithAck('send', group, text),
    close: () => void socket.close(),
  };
}
