/** NATS, a message broker in Go, spoken to in its own protocol. */

import { LineClient } from './line-client.ts';
import type { Peer, PeerClient, Target } from './peer.ts';

export const nats: Peer = {
  name: 'nats',
  terms: 'in clear; deliveries not acknowledged; a PONG says that the server took a message',
  program: 'nats-server',
  launch: ({ port }) => ({
    command: 'nats-server',
    arguments: ['--addr', '127.0.0.1', '--port', String(port)],
  }),
  connect,
};

async function connect({ port, name, onMessage, onLost }: Target): Promise<PeerClient> {
  let isPayloadNext = false;
  const client = await LineClient.open({
    port,
    onLost,
    onLine: (line) => {
      if (isPayloadNext) {
        isPayloadNext = false;
        onMessage(line);
      } else if (line.startsWith('MSG ')) {
        isPayloadNext = true;
      } else if (line === 'PONG') {
        client.receivePong();
      } else if (line === 'PING') {
        client.write('PONG\r\n');
      }
    },
  });
  const options = JSON.stringify({ verbose: false, echo: false, name });
  await client.ask(`CONNECT ${options}\r\nPING\r\n`);
  return {
    join: (group) => client.ask(`SUB ${group} 1\r\nPING\r\n`),
    send: (group, text) => client.ask(`PUB ${group} ${text.length}\r\n${text}\r\nPING\r\n`),
    close: () => client.close(),
  };
}
