/** The same bad input at a server on a real UDP socket, in smaller numbers. */

import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import test, { describe, type TestContext } from 'node:test';
import { Client, Server } from '../../../core/index.ts';
import { systemEnvironment } from '../../../core/net/system.ts';
import type { Environment } from '../../../core/net/transport.ts';
import type { Address } from '../../../core/protocol/address.ts';
import { decodeRetry, encodeHello, type Retry } from '../../../core/protocol/handshake.ts';
import { datagramForm, supportedVersions } from '../../../core/protocol/packet.ts';
import { Random } from '../../support/random.ts';
import { attacks, type Shot } from './attacks.ts';

const shotCount = 300;

/** The attacker waits for the target after this much, so that no buffer of the system overflows. Bytes. */
const volleyBytesMax = 60_000;

const host = '127.0.0.1';

describe('a server on a real socket under attack', () => {
  for (const attack of attacks) {
    test(`counts or answers in kind ${attack.name}, and goes on answering`, async (t) => {
      const { server, client, recorded } = await open(t);
      const attacker = await Attacker.start(t, { host, port: server.address.port });
      const random = new Random(11);
      const peers = [attacker.own];
      const armoury = { random, recorded, peers, own: attacker.own, retry: await attacker.knock() };
      const before = server.snapshot();
      const droppedBefore = total(server.drops);
      const shots = shotCount / (attack.rarer ?? 1);
      for (let at = 0; at < shots; at++) {
        await attacker.fire(attack.shoot(armoury, at).datagram);
        if (at % 20 === 0) assert.deepEqual(await client.listMembers('hall'), ['ann']);
      }
      const { answered } = await attacker.rest();
      assert.equal(total(server.drops) - droppedBefore + answered, shots);
      assert.deepEqual(server.snapshot(), before);
      assert.equal((await client.sendGroup('hall', 'still here')).seq, 1);
    });
  }
});

interface Ground {
  readonly server: Server;
  readonly client: Client;
  /** What the server was sent before the attack. */
  readonly recorded: readonly Shot[];
}

async function open(t: TestContext): Promise<Ground> {
  const recorded: Shot[] = [];
  let isRecording = true;
  const environment: Environment = {
    ...systemEnvironment,
    open: (options) =>
      systemEnvironment.open({
        ...options,
        onDatagram: (datagram, from) => {
          if (isRecording) recorded.push({ datagram: datagram.slice(), from });
          options.onDatagram(datagram, from);
        },
      }),
  };
  const server = await Server.start({ host, port: 0, environment });
  const client = await Client.connect({ name: 'ann', server: `${host}:${server.address.port}` });
  t.after(async () => {
    await client.close();
    await server.close();
  });
  await client.createGroup('hall');
  await client.joinGroup('hall');
  await client.listMembers('hall');
  isRecording = false;
  return { server, client, recorded };
}

/** A socket that sends what no client would, and counts what it is answered. */
class Attacker {
  readonly own: Address;
  readonly #socket: Socket;
  readonly #target: Address;
  #volleyBytes = 0;
  #answered = 0;
  #knocking: { readonly nonce: Uint8Array; readonly resolve: (retry: Retry) => void } | undefined;

  static async start(t: TestContext, target: Address): Promise<Attacker> {
    const socket = createSocket('udp4');
    socket.bind(0, host);
    await once(socket, 'listening');
    t.after(() => socket.close());
    return new Attacker(socket, target);
  }

  private constructor(socket: Socket, target: Address) {
    this.#socket = socket;
    this.#target = target;
    this.own = { host, port: socket.address().port };
    socket.on('message', (datagram) => this.#receive(datagram));
  }

  /** Says HELLO and waits for the answer: whatever was sent before has then been taken. */
  async knock(): Promise<Retry> {
    const nonce = systemEnvironment.random(8);
    const { promise, resolve } = Promise.withResolvers<Retry>();
    this.#knocking = { nonce, resolve };
    this.#volleyBytes = 0;
    this.#send(encodeHello({ versions: supportedVersions, nonce }));
    return promise;
  }

  async fire(datagram: Uint8Array): Promise<void> {
    this.#volleyBytes += datagram.length;
    this.#send(datagram);
    if (this.#volleyBytes > volleyBytesMax) await this.knock();
  }

  /** Waits until everything has been taken. */
  async rest(): Promise<{ readonly answered: number }> {
    await this.knock();
    return { answered: this.#answered };
  }

  #send(datagram: Uint8Array): void {
    this.#socket.send(datagram, this.#target.port, this.#target.host);
  }

  #receive(datagram: Uint8Array): void {
    const retry = datagram[0] === datagramForm.retry ? decodeRetry(datagram) : undefined;
    if (retry !== undefined && this.#knocking !== undefined && isSame(retry, this.#knocking)) {
      this.#knocking.resolve(retry);
      this.#knocking = undefined;
    } else if (datagram[0] !== datagramForm.reset) {
      this.#answered++;
    }
  }
}

function isSame(a: { readonly nonce: Uint8Array }, b: { readonly nonce: Uint8Array }): boolean {
  return a.nonce.every((byte, at) => byte === b.nonce[at]);
}

function total(drops: ReadonlyMap<string, number>): number {
  return [...drops.values()].reduce((sum, count) => sum + count, 0);
}
