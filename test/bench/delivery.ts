/** One group, one sender with a window of unacknowledged messages: deliveries a second and what they cost the server. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Client } from '../../core/index.ts';

const members = 100;
const messages = 5000;
const window = 64;
const text = 'x'.repeat(100);

interface Usage {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

async function usageOf(server: ChildProcess): Promise<Usage> {
  const answered = once(server, 'message');
  server.send('usage');
  const [usage] = await answered;
  return usage;
}

/** @returns lines for people */
export async function benchDelivery(): Promise<readonly string[]> {
  const server = fork(new URL('./server.ts', import.meta.url));
  const [{ port, key }] = await once(server, 'message');
  const connect = (at: number): Promise<Client> =>
    Client.connect({
      name: `member-${at}`,
      server: `127.0.0.1:${port}`,
      serverKey: Uint8Array.from(key),
    });
  const clients = await Promise.all(Array.from({ length: members }, (_, at) => connect(at)));
  const [sender] = clients;
  if (sender === undefined) throw new Error('no sender');
  await sender.createGroup('bench');
  await Promise.all(clients.map((client) => client.joinGroup('bench')));

  const expected = messages * (members - 1);
  const received = countDeliveries(clients.slice(1), expected);
  const before = await usageOf(server);
  const startedAt = performance.now();
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < messages) await sender.sendGroup('bench', `${sent++} ${text}`);
  };
  await Promise.all(Array.from({ length: window }, lane));
  await received;
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await usageOf(server);

  await Promise.all(clients.map((client) => client.close()));
  server.disconnect();
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  return [
    `${members} members, ${messages} messages of ${text.length} bytes, window ${window}`,
    `  deliveries/s                    ${Math.round(expected / seconds).toLocaleString('en')}`,
    `  server CPU s / million          ${((cpuSeconds / expected) * 1e6).toFixed(2)}`,
    `  server RSS MB                   ${(after.rssBytes / 1e6).toFixed(0)}`,
  ];
}

/** Resolves when every member has had every message exactly once and in order. */
function countDeliveries(clients: readonly Client[], expected: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let count = 0;
    for (const client of clients) {
      let lastSeq = 0;
      client.on('groupMessageReceived', ({ seq }) => {
        if (seq !== lastSeq + 1) reject(new Error(`${client.name}: ${seq} after ${lastSeq}`));
        lastSeq = seq;
        if (++count === expected) resolve();
      });
    }
  });
}
