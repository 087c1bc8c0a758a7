/** Groups over socket.io: its rooms encode a message once, whoever receives it. */

import { createServer } from 'node:http';
import { Server } from 'socket.io';

interface FromClient {
  join: (group: string, acknowledge: () => void) => void;
  send: (group: string, text: string, acknowledge: () => void) => void;
}

interface ToClient {
  message: (text: string) => void;
}

const http = createServer();
const server = new Server<FromClient, ToClient>(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
});

server.on('connection', (socket) => {
  socket.on('join', (group, acknowledge) => {
    void socket.join(group);
    acknowledge();
  });
  socket.on('send', (group, text, acknowledge) => {
    socket.to(group).emit('message', text);
    acknowledge();
  });
});
http.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 });
process.once('SIGTERM', () => process.exit());
