import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BanterError } from '../../core/index.ts';
import { parseManifest } from '../../plugins/manifest.ts';

const good = { id: 'dice', version: '1.0.0', permissions: ['message.read'] };
const parse = (manifest: unknown) => parseManifest(JSON.stringify(manifest), 'dice.ts');

test('a manifest is complete and frozen after parsing', () => {
  const manifest = parse(good);
  const http = { methods: ['GET', 'HEAD'], responseBytesMax: 262_144 };
  const isolation = 'shared';
  const limits = { sendsPerMinute: 60, cpuMsPerMinute: 20_000 };
  const defaults = { description: '', config: {}, ...limits, http, isolation };
  assert.deepEqual(manifest, { ...good, ...defaults });
  assert.ok(Object.isFrozen(manifest) && Object.isFrozen(manifest.permissions));
});

const refused: readonly (readonly [unknown, string])[] = [
  [
    { ...good, id: 'Dice' },
    'id: must be lower-case letters, digits and "-", beginning with a letter, not "Dice"',
  ],
  [
    { ...good, id: '../../etc' },
    'id: must be lower-case letters, digits and "-", beginning with a letter, not "../../etc"',
  ],
  [{ ...good, version: '1' }, 'version: must be a version such as 1.0.0, not "1"'],
  [{ ...good, permisions: [] }, 'unknown key "permisions"'],
  [{ ...good, onMessage: 'a function' }, 'unknown key "onMessage"'],
  [
    { ...good, permissions: ['http:ftp://a'] },
    'permissions[0]: "http:ftp://a" names no host; write it like http:api.example.com',
  ],
  [{ ...good, isolation: 'machine' }, 'isolation: must be one of shared, process, not "machine"'],
  [
    { ...good, http: { methods: ['TRACE'] } },
    'http.methods[0]: must be one of GET, HEAD, POST, PUT, PATCH, DELETE, not "TRACE"',
  ],
  [
    { ...good, http: { responseBytesMax: 1e9 } },
    'http.responseBytesMax: must be an integer from 1 to 1048576, not 1000000000',
  ],
  [{ ...good, limits: { cpu: 1 } }, 'limits: unknown key "cpu"'],
  [
    { ...good, limits: { cpuMsPerMinute: 60_001 } },
    'limits.cpuMsPerMinute: must be an integer from 100 to 60000, not 60001',
  ],
  [
    { ...good, limits: { sendsPerMinute: 6000 } },
    'limits.sendsPerMinute: must be an integer from 1 to 600, not 6000',
  ],
  [
    { ...good, permissions: ['root'] },
    'permissions[0]: must be one of message.read, message.send, message.change, history.read, group.moderate, private.read, private.send, private.change, file.append, storage, schedule, not "root"',
  ],
  [
    { ...good, config: { n: { type: 'number', default: 'x' } } },
    'config.n.default: must be of type number, not string',
  ],
  [
    { id: 'dice', version: '1.0.0' },
    'permissions: must be a list of at most 27 items, not missing',
  ],
  [[], 'must be an object, not a list of 0'],
  [null, 'must be an object, not null'],
];

for (const [manifest, problem] of refused) {
  test(`refuses a manifest: ${problem}`, () => {
    assert.throws(() => parse(manifest), {
      code: 'PLUGIN_INVALID',
      message: `dice.ts: manifest: ${problem}`,
    });
  });
}

test('any text is either a manifest or refused with PLUGIN_INVALID', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (source) => {
      try {
        parseManifest(source, 'x.ts');
      } catch (error) {
        assert.ok(error instanceof BanterError && error.code === 'PLUGIN_INVALID');
      }
    }),
  );
});
