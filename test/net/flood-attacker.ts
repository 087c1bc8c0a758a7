/** Sends forged datagrams of every kind at a steady rate, in a process of its own, and tells when it is through. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decodeRetry, encodeHello, type Retry } from '../../core/protocol/handshake.ts';
import { supportedVersions } from '../../core/protocol/packet.ts';
import { attacks, type Shot } from '../core/hostile/attacks.ts';
import { Random } from '../support/random.ts';
import type { FloodOrder } from './flood.ts';

/** Forged beforehand and sent again and again: making them takes longer than sending them. */
const poolSize = 2000;

/** Longer ones are cut, so that the flood is one of datagrams and not of bytes. */
const shotBytesMax = 1400;

/** Between two volleys. Milliseconds. */
const volleyMs = 10;

const random = new Random(1);
const socket = createSocket('udp4');

async function attack({ target, recorded, perSecond, seconds }: FloodOrder): Promise<void> {
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const own = { host: '127.0.0.1', port: socket.address().port };
  const shots = recorded.map((hex) => ({ datagram: Buffer.from(hex, 'hex'), from: own }));
  const pool = forge(shots, own, await knock(target));
  process.send?.('begun');
  const count = perSecond * seconds;
  const startedAt = performance.now();
  let sent = 0;
  const volley = (): void => {
    const due = Math.min(count, Math.ceil(((performance.now() - startedAt) / 1000) * perSecond));
    for (; sent < due; sent++) {
      const datagram = pool[sent % pool.length] ?? new Uint8Array();
      socket.send(datagram, target.port, target.host, () => {});
    }
    if (sent < count) return;
    clearInterval(timer);
    process.send?.({ sent, seconds: (performance.now() - startedAt) / 1000 });
    process.disconnect();
    socket.close();
  };
  const timer = setInterval(volley, volleyMs);
}

/** Says HELLO, as anybody may, and keeps what it is answered. */
async function knock(target: FloodOrder['target']): Promise<Retry> {
  const answered = once(socket, 'message');
  const nonce = random.bytes(8);
  socket.send(encodeHello({ versions: supportedVersions, nonce }), target.port, target.host);
  const [datagram] = await answered;
  const retry = decodeRetry(datagram);
  if (retry === undefined) throw new Error('the target answered with something else');
  return retry;
}

function forge(recorded: readonly Shot[], own: Shot['from'], retry: Retry): readonly Uint8Array[] {
  const armoury = { random, recorded, peers: [own], own, retry };
  return Array.from({ length: poolSize }, (_, at) => {
    const kinds = attacks.filter(({ rarer = 1 }) => random.chance(1 / rarer));
    return random.pick(kinds).shoot(armoury, at).datagram.slice(0, shotBytesMax);
  });
}

process.once('message', (order: FloodOrder) => void attack(order));
