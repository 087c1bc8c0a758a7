/** Groups over `ws`: a message becomes one frame's payload once, whoever receives it. */

import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';

export type ToServer =
  | { readonly type: 'join'; readonly id: number; readonly group: string }
  | { readonly type: 'send'; readonly id: number; readonly group: string; readonly text: string };

export type FromServer =
  | { readonly type: 'acknowledged'; readonly id: number }
  | { readonly type: 'message'; readonly group: string; readonly text: string };

const groups = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: false,
  backlog: 4096,
});

server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const message: ToServer = JSON.parse(String(data));
    if (message.type === 'join') join(socket, message.group);
    else fanOut(socket, message.group, message.text);
    socket.send(encode({ type: 'acknowledged', id: message.id }), { binary: false });
  });
  socket.on('close', () => {
    for (const members of groups.values()) members.delete(socket);
  });
});
process.once('SIGTERM', () => process.exit());

function join(socket: WebSocket, group: string): void {
  const members = groups.get(group) ?? new Set();
  groups.set(group, members.add(socket));
}

function fanOut(sender: WebSocket, group: string, text: string): void {
  const payload = encode({ type: 'message', group, text });
  for (const member of groups.get(group) ?? []) {
    if (member !== sender) member.send(payload, { binary: false });
  }
}

function encode(message: FromServer): Buffer {
  return Buffer.from(JSON.stringify(message));
}
