import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '../../core/client/client.ts';
import { BanterError } from '../../core/errors.ts';
import { aNumber, aText, checkOptions, someBytes, yesOrNo } from '../../core/options.ts';
import { Server } from '../../core/server/server.ts';
import { codeOf } from './client/world.ts';

interface Spoken {
  readonly name: string;
  readonly loud?: boolean;
}

describe('options', () => {
  const shape = { name: aText, loud: yesOrNo };

  it('are taken as they are if all of them are known and of their type', () => {
    const loud: Partial<Spoken> = {};
    checkOptions({ name: 'ann', ...loud }, shape, 'speak');
    checkOptions({ name: 'ann', loud: undefined }, shape, 'speak');
  });

  it('are refused with the names of those there are', () => {
    const misspelt: Spoken = Object.assign({ name: 'ann' }, { laud: true });
    assert.throws(() => checkOptions(misspelt, shape, 'speak'), {
      code: 'OPTION_INVALID',
      message: 'speak has no option "laud"; there are name, loud',
    });
  });

  it('are refused with what a value should have been', () => {
    const quoted: object = { name: 'ann', loud: 'yes' };
    assert.throws(() => checkOptions(quoted, shape, 'speak'), {
      code: 'OPTION_INVALID',
      message: 'speak: loud must be true or false, not "yes"',
    });
  });

  it('may be called like what every object has, and are unknown then, too', () => {
    const inherited: object = JSON.parse('{ "constructor": 1, "__proto__": 2 }');
    assert.throws(() => checkOptions(inherited, shape, 'speak'), { code: 'OPTION_INVALID' });
  });

  it('have bounds', () => {
    assert.equal(aNumber(0, 7)(7), undefined);
    for (const value of [-1, 8, 1.5, Number.NaN, '3', undefined]) {
      assert.equal(aNumber(0, 7)(value), 'a whole number from 0 to 7');
    }
    assert.equal(someBytes(2)(new Uint8Array(2)), undefined);
    assert.equal(someBytes(2)(new Uint8Array(3)), '2 bytes');
  });
});

// What a program without types may hand in.
const servers: readonly object[] = [
  { prot: 6666 },
  { port: 65_536 },
  { port: '6666' },
  { limits: { link: 1 } },
  { policy: { privateInGroups: true } },
  { policy: { privateInGroup: 'yes' } },
  { admission: { handshakes: 1 } },
];
for (const options of servers) {
  it(`a server does not start with ${JSON.stringify(options)}`, async () => {
    const started = Server.start({ host: '127.0.0.1', port: 0, ...options });
    assert.equal(await codeOf(started), 'OPTION_INVALID');
  });
}

const clients: readonly object[] = [
  { bots: true },
  { bot: 1 },
  { localPort: -1 },
  { silenceMs: 0 },
  { serverKey: new Uint8Array(31) },
  { name: 7 },
];
for (const options of clients) {
  it(`a client does not connect with ${JSON.stringify(options)}`, async () => {
    const connected = Client.connect({ name: 'ann', server: '127.0.0.1:9', ...options });
    assert.equal(await codeOf(connected), 'OPTION_INVALID');
  });
}

it('what is refused is a BanterError that says whose option it was', async () => {
  const options: object = { prot: 1 };
  const error: unknown = await Server.start(options).catch((cause: unknown) => cause);
  assert.ok(error instanceof BanterError);
  assert.match(error.message, /^Server\.start has no option "prot"/);
  assert.deepEqual(error.data, { key: 'prot', value: 1 });
});
