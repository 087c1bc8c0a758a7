import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Driver, type DriverOptions } from '../../../core/net/driver.ts';
import { SodiumCrypto, systemRandom } from '../../../core/net/sodium.ts';
import { systemEnvironment } from '../../../core/net/system.ts';
import type { Environment } from '../../../core/net/transport.ts';
import { Endpoint } from '../../../core/protocol/endpoint.ts';
import type { EndpointEvent } from '../../../core/protocol/endpoint-event.ts';

const timing = { silenceMs: 10_000, keepaliveMs: undefined, idleTimeoutMs: 45_000 };

/** An endpoint on a real socket that counts what it sends. */
class Station {
  readonly endpoint: Endpoint;
  readonly identity = new SodiumCrypto().identity(systemRandom(32));
  readonly events: EndpointEvent[] = [];
  sentCount = 0;
  #driver: Driver | undefined;
  #wake: () => void = () => {};

  constructor() {
    this.endpoint = new Endpoint({
      crypto: new SodiumCrypto(),
      random: systemRandom,
      identity: this.identity,
      timing,
      connectionsMax: 10,
      now: systemEnvironment.now(),
    });
  }

  static async start(t: TestContext, options: Partial<DriverOptions> = {}): Promise<Station> {
    const station = new Station();
    station.#driver = await Driver.start({
      environment: station.#counting,
      endpoint: station.endpoint,
      host: '127.0.0.1',
      port: 0,
      onEvent: (event) => {
        station.events.push(event);
        station.#wake();
      },
      ...options,
    });
    t.after(() => station.driver.close());
    return station;
  }

  get driver(): Driver {
    return this.#driver ?? assert.fail();
  }

  connect(to: Station, timeoutMs = 5000): number {
    const address = to.driver.localAddress;
    const target = { address, identity: undefined, timing, timeoutMs };
    const link = this.endpoint.connect(target, systemEnvironment.now());
    this.driver.wake();
    return link;
  }

  /** The first event of a type that has come or comes. */
  async event<Type extends EndpointEvent['type']>(
    type: Type,
  ): Promise<Extract<EndpointEvent, { readonly type: Type }>> {
    for (;;) {
      const found = this.events.find(
        (event): event is Extract<EndpointEvent, { readonly type: Type }> => event.type === type,
      );
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  get #counting(): Environment {
    return {
      ...systemEnvironment,
      open: async (options) => {
        const transport = await systemEnvironment.open(options);
        return {
          localAddress: transport.localAddress,
          close: () => transport.close(),
          send: (datagram, to) => {
            this.sentCount++;
            transport.send(datagram, to);
          },
        };
      },
    };
  }
}

describe('a driver', () => {
  it('connects two endpoints over real sockets', async (t) => {
    const [server, client] = [await Station.start(t), await Station.start(t)];
    client.connect(server);
    const [seen, met] = await Promise.all([client.event('connected'), server.event('connected')]);
    assert.deepEqual(seen.identity, server.identity.publicKey);
    assert.deepEqual(met.identity, client.identity.publicKey);
    assert.equal(met.address.port, client.driver.localAddress.port);
  });

  it('sends everything of one turn of the event loop in one datagram', async (t) => {
    const [server, client] = [await Station.start(t), await Station.start(t)];
    const link = client.connect(server);
    await Promise.all([client.event('connected'), server.event('connected')]);
    const before = client.sentCount;
    for (let at = 0; at < 20; at++) {
      client.endpoint.send(link, 0, Buffer.from(`message ${at}`));
      client.driver.wake();
    }
    assert.equal(client.sentCount, before);
    await new Promise<void>((resolve) => setImmediate(resolve));
    assert.equal(client.sentCount, before + 1);
    await server.event('messageReceived');
    const received = server.events.filter(({ type }) => type === 'messageReceived');
    assert.equal(received.length, 20);
  });

  it('keeps the deadlines of its endpoint', async (t) => {
    const [server, client] = [await Station.start(t), await Station.start(t)];
    await server.driver.close();
    client.connect(server, 1000);
    const { failure } = await client.event('handshakeFailed');
    assert.deepEqual(failure, { type: 'timeout' });
    // The tries at 0 and 100 ms, two copies each, and whichever there was time for.
    assert.ok(client.sentCount >= 4, `${client.sentCount}`);
  });

  it('keeps the deadlines of another machine, and asks for more before each flush', async (t) => {
    let due: number | undefined;
    let flushes = 0;
    let fired: (late: boolean) => void = () => {};
    const machine = {
      pollTimeout: () => due,
      handleTimeout: (now: number) => {
        if (due === undefined || now < due) return;
        due = undefined;
        fired(true);
      },
    };
    const station = await Station.start(t, { machine, onFlush: () => flushes++ });
    due = systemEnvironment.now() + 20;
    const firing = new Promise<boolean>((resolve) => {
      fired = resolve;
    });
    station.driver.wake();
    assert.ok(await firing);
    assert.ok(flushes >= 1);
  });

  it('tells at once what the filling of queues and sending have caused', async (t) => {
    let linkToEnd: number | undefined;
    const server = await Station.start(t);
    const beganAt = systemEnvironment.now();
    const client: Station = await Station.start(t, {
      // Time stands still, so that there is enough of it for all events, however busy the machine is.
      environment: { ...systemEnvironment, now: () => beganAt },
      onFlush: () => {
        if (linkToEnd !== undefined) client.endpoint.close(linkToEnd, 0, 'overrun');
      },
    });
    const link = client.connect(server);
    await Promise.all([client.event('connected'), server.event('connected')]);
    linkToEnd = link;
    client.driver.wake();
    await server.event('closed');
    assert.ok(client.events.some(({ type }) => type === 'closed'));
  });

  it('sends what is due before it closes, and nothing after', async (t) => {
    const [server, client] = [await Station.start(t), await Station.start(t)];
    const link = client.connect(server);
    await Promise.all([client.event('connected'), server.event('connected')]);
    client.endpoint.close(link, 17, 'bye');
    await client.driver.close();
    await client.driver.close();
    const { by, code, reason } = await server.event('closed');
    assert.deepEqual([by, code, reason], ['peer', 17, 'bye']);
    const before = client.sentCount;
    client.connect(server);
    await new Promise<void>((resolve) => setImmediate(resolve));
    assert.equal(client.sentCount, before);
  });
});
