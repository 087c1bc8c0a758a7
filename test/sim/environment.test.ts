/** What a driver may rely on, of the machine's own world and of the simulated one alike. */

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { SimulatedNetwork } from '../../core/net/simulated.ts';
import { systemEnvironment } from '../../core/net/system.ts';
import type { Environment, Transport, TransportOptions } from '../../core/net/transport.ts';
import type { Address } from '../../core/protocol/address.ts';

interface World {
  readonly name: string;
  readonly host: string;
  /** A fresh world: its environment, and what lets time pass until a promise is settled. */
  readonly make: () => {
    readonly environment: Environment;
    readonly settle: <Value>(promise: Promise<Value>) => Promise<Value>;
  };
}

const worlds: readonly World[] = [
  {
    name: 'the machine',
    host: '127.0.0.1',
    make: () => ({ environment: systemEnvironment, settle: (promise) => promise }),
  },
  {
    name: 'a simulated machine',
    host: '10.0.0.1',
    make: () => {
      const network = new SimulatedNetwork({ seed: 1 });
      const settle = <Value>(promise: Promise<Value>): Promise<Value> =>
        network.settle(promise, 10_000);
      return { environment: network.host('10.0.0.1'), settle };
    },
  },
];

const deaf: TransportOptions['onDatagram'] = () => {};

for (const { name, host, make } of worlds) {
  describe(`the environment of ${name}`, () => {
    test('brings a datagram with the address of its sender', async () => {
      const { environment, settle } = make();
      const arrived = Promise.withResolvers<readonly [string, Address]>();
      const receiver = await settle(
        environment.open({
          host,
          port: 0,
          onDatagram: (datagram, from) =>
            arrived.resolve([new TextDecoder().decode(datagram), from]),
        }),
      );
      const sender = await settle(environment.open({ host, port: 0, onDatagram: deaf }));
      sender.send(new TextEncoder().encode('hello'), receiver.localAddress);
      assert.deepEqual(await settle(arrived.promise), ['hello', sender.localAddress]);
      await closeAll(settle, [receiver, sender]);
    });

    test('refuses a port in use, and gives it again once it is free', async () => {
      const { environment, settle } = make();
      const first = await settle(environment.open({ host, port: 0, onDatagram: deaf }));
      const { port } = first.localAddress;
      const taken = environment.open({ host, port, onDatagram: deaf });
      await assert.rejects(settle(taken), { code: 'PORT_IN_USE' });
      await settle(first.close());
      const second = await settle(environment.open({ host, port, onDatagram: deaf }));
      assert.equal(second.localAddress.port, port);
      await settle(second.close());
    });

    test('runs what is due soon after the present turn, and timers when they are due', async () => {
      const { environment, settle } = make();
      const happened: string[] = [];
      const isOver = Promise.withResolvers<void>();
      const cancel = environment.setTimer(() => happened.push('cancelled'), 1);
      environment.setTimer(() => happened.push('first'), 2);
      environment.setTimer(isOver.resolve, 30);
      environment.soon(() => happened.push('soon'));
      happened.push('now');
      cancel();
      await settle(isOver.promise);
      assert.equal(happened[0], 'now');
      assert.deepEqual(happened.toSorted(), ['first', 'now', 'soon']);
    });

    test('refuses to bind an address that is not its own', async () => {
      const { environment, settle } = make();
      const opened = environment.open({ host: '192.0.2.1', port: 0, onDatagram: deaf });
      await assert.rejects(settle(opened), { code: 'ADDRESS_INVALID' });
    });

    test('takes a literal for the address that it is', async () => {
      const { environment, settle } = make();
      assert.equal(await settle(environment.resolve(host)), host);
    });

    test('gives as many random bytes as are asked for, and others each time', () => {
      const { random } = make().environment;
      assert.equal(random(32).length, 32);
      assert.notDeepEqual(random(32), random(32));
    });
  });
}

async function closeAll(
  settle: (promise: Promise<void>) => Promise<void>,
  transports: readonly Transport[],
): Promise<void> {
  for (const transport of transports) await settle(transport.close());
}
