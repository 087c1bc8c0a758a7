import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { describe, it, type TestContext } from 'node:test';
import { BanterError } from '../../../core/errors.ts';
import type { Transport, TransportOptions } from '../../../core/net/transport.ts';
import { openUdp } from '../../../core/net/udp.ts';
import type { Address } from '../../../core/protocol/address.ts';
import { freePort } from '../../support/free-port.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ family }) => family === 'IPv6'),
);
const loopbacks = hasIPv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];

/** A transport that keeps what it receives and says when it does. */
class Ear {
  readonly received: { readonly text: string; readonly from: Address }[] = [];
  #transport: Transport | undefined;
  #wake: () => void = () => {};

  static async open(t: TestContext, options: Partial<TransportOptions> = {}): Promise<Ear> {
    const ear = new Ear();
    const onDatagram = (datagram: Uint8Array, from: Address): void => {
      ear.received.push({ text: Buffer.from(datagram).toString(), from });
      ear.#wake();
    };
    ear.#transport = await openUdp({ host: undefined, port: 0, onDatagram, ...options });
    t.after(() => ear.transport.close());
    return ear;
  }

  get transport(): Transport {
    return this.#transport ?? assert.fail();
  }

  get port(): number {
    return this.transport.localAddress.port;
  }

  async hear(count: number): Promise<readonly string[]> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received.map(({ text }) => text);
  }
}

async function plainSocket(t: TestContext, host: string): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  t.after(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return socket;
}

async function codeOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
  } catch (error) {
    assert.ok(error instanceof BanterError);
    return error.code;
  }
  return assert.fail('it opened');
}

describe('a UDP transport', () => {
  for (const host of loopbacks) {
    it(`exchanges datagrams over ${host}`, async (t) => {
      const [left, right] = [await Ear.open(t), await Ear.open(t)];
      left.transport.send(Buffer.from('ping'), { host, port: right.port });
      assert.deepEqual(await right.hear(1), ['ping']);
      const from = right.received[0]?.from;
      assert.deepEqual(from, { host, port: left.port });
      right.transport.send(Buffer.from('pong'), from ?? assert.fail());
      assert.deepEqual(await left.hear(1), ['pong']);
    });

    it(`binds to ${host} alone if told so`, async (t) => {
      const ear = await Ear.open(t, { host });
      assert.equal(ear.transport.localAddress.host, host);
      const socket = await plainSocket(t, host);
      socket.send('hello', ear.port, host);
      assert.deepEqual(await ear.hear(1), ['hello']);
    });
  }

  it('writes an IPv4 address as IPv4, also on a socket for both', async (t) => {
    const ear = await Ear.open(t);
    const socket = await plainSocket(t, '127.0.0.1');
    socket.send('hello', ear.port, '127.0.0.1');
    await ear.hear(1);
    assert.deepEqual(ear.received[0]?.from, { host: '127.0.0.1', port: socket.address().port });
  });

  it('takes empty datagrams, and large ones whole', async (t) => {
    const ear = await Ear.open(t);
    const socket = await plainSocket(t, '127.0.0.1');
    socket.send('', ear.port, '127.0.0.1');
    socket.send('x'.repeat(9000), ear.port, '127.0.0.1');
    assert.deepEqual(await ear.hear(2), ['', 'x'.repeat(9000)]);
  });

  it('throws for no address that a datagram can claim to come from, and goes on', async (t) => {
    const [left, right] = [await Ear.open(t), await Ear.open(t)];
    const ipv4Only = await Ear.open(t, { host: '127.0.0.1' });
    const unreachable = [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: await freePort() },
      { host: '240.0.0.1', port: 9 },
      { host: '255.255.255.255', port: 9 },
      { host: '100::1', port: 9 },
      { host: 'fe80::1%nowhere', port: 9 },
    ];
    for (const to of unreachable) {
      left.transport.send(Buffer.from('lost'), to);
      ipv4Only.transport.send(Buffer.from('lost'), to);
    }
    left.transport.send(Buffer.alloc(70_000), { host: '127.0.0.1', port: right.port });
    left.transport.send(Buffer.from('after'), { host: '127.0.0.1', port: right.port });
    ipv4Only.transport.send(Buffer.from('after'), { host: '127.0.0.1', port: right.port });
    assert.deepEqual(await right.hear(2), ['after', 'after']);
  });

  it('hands over plain bytes, of which a slice is a copy', async (t) => {
    const socket = await plainSocket(t, '127.0.0.1');
    const heard = Promise.withResolvers<Uint8Array>();
    const onDatagram = (datagram: Uint8Array): void => heard.resolve(datagram);
    const { port } = (await Ear.open(t, { onDatagram })).transport.localAddress;
    socket.send('hello', port, '127.0.0.1');
    const datagram = await heard.promise;
    assert.deepEqual(datagram, new TextEncoder().encode('hello'));
    assert.notEqual(datagram.slice().buffer, datagram.buffer);
  });

  it('says that a port is in use', async (t) => {
    const { port } = await Ear.open(t);
    const onDatagram = (): void => {};
    assert.equal(await codeOf(openUdp({ host: undefined, port, onDatagram })), 'PORT_IN_USE');
  });

  it('says that an address is not this machine’s, or a port none', async () => {
    const onDatagram = (): void => {};
    for (const [host, port] of [
      ['203.0.113.1', 0],
      ['127.0.0.1', 70_000],
      [undefined, -1],
      [undefined, 1.5],
    ] as const) {
      assert.equal(await codeOf(openUdp({ host, port, onDatagram })), 'ADDRESS_INVALID');
    }
  });

  it('frees its port when it is closed', async (t) => {
    const first = await openUdp({ host: '127.0.0.1', port: 0, onDatagram: () => {} });
    const { port } = first.localAddress;
    await first.close();
    const second = await Ear.open(t, { host: '127.0.0.1', port });
    assert.equal(second.port, port);
  });
});
