/** NATS with JetStream, which keeps messages in files, spoken to in its own protocol. */

import { join } from 'node:path';
import { LineClient } from './line-client.ts';
import type { Peer, PeerClient, Target } from './peer.ts';

export const jetStream: Peer = {
  name: 'nats jetstream',
  terms: 'in clear; acknowledged when written to a file',
  program: 'nats-server',
  launch: ({ port, folder }) => ({
    command: 'nats-server',
    arguments: [
      ...['--addr', '127.0.0.1', '--port', String(port)],
      ...['--jetstream', '--store_dir', join(folder, 'data')],
    ],
  }),
  connect,
};

async function connect({ port, name, onLost }: Target): Promise<PeerClient> {
  /** By the last part of the subject that the answer comes to. */
  const awaited = new Map<string, PromiseWithResolvers<void>>();
  let answered: string | undefined;
  let lastNumber = 0;
  const client = await LineClient.open({
    port,
    onLost,
    onLine: (line) => {
      if (answered !== undefined) {
        settle(answered, line);
        answered = undefined;
      } else if (line.startsWith('MSG ')) {
        answered = line.split(' ')[1]?.split('.')[2] ?? '';
      } else if (line === 'PONG') client.receivePong();
      else if (line === 'PING') client.write('PONG\r\n');
    },
  });
  const settle = (number: string, payload: string): void => {
    const waiting = awaited.get(number);
    awaited.delete(number);
    if (payload.includes('"error"')) waiting?.reject(new Error(payload));
    else waiting?.resolve();
  };
  const ask = (subject: string, payload: string): Promise<void> => {
    const number = String(++lastNumber);
    const waiting = Promise.withResolvers<void>();
    awaited.set(number, waiting);
    const reply = `_INBOX.${name}.${number}`;
    client.write(`PUB ${subject} ${reply} ${payload.length}\r\n${payload}\r\n`);
    return waiting.promise;
  };
  const options = JSON.stringify({ verbose: false, name });
  await client.ask(`CONNECT ${options}\r\nSUB _INBOX.${name}.* 1\r\nPING\r\n`);
  return {
    join: (group) => {
      const stream = { name: group, subjects: [group], storage: 'file', num_replicas: 1 };
      return ask(`$JS.API.STREAM.CREATE.${group}`, JSON.stringify(stream));
    },
    send: ask,
    close: () => client.close(),
  };
}
