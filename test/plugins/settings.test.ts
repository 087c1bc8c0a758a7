import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BanterError } from '../../core/index.ts';
import { readSettings, secretVariable, settingsShape } from '../../plugins/settings.ts';
import { ShapeError } from '../../plugins/shape.ts';
import { stage } from './world.ts';

const settings = settingsShape(
  {
    word: { type: 'string', default: 'tea', maxLength: 5 },
    size: { type: 'string', enum: ['small', 'large'], default: 'small' },
    count: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
    ratio: { type: 'number', default: 0.5 },
    loud: { type: 'boolean', default: false },
    list: { type: 'array', items: { type: 'string' }, default: ['a'], minItems: 1, maxItems: 2 },
    place: {
      type: 'object',
      default: { city: 'Bonn' },
      required: ['city'],
      properties: {
        city: { type: 'string' },
        near: {
          type: 'array',
          items: { type: 'object', properties: { km: { type: 'number' } } },
          default: [],
        },
        note: { type: 'string' },
      },
    },
    any: { type: 'object', default: {} },
  },
  'config',
);

const none = (): undefined => undefined;
const read = (given: Readonly<Record<string, unknown>>) =>
  readSettings('p', settings, given, none).values;

test('settings are their defaults, also inside of what was given', () => {
  assert.deepEqual(read({}), {
    word: 'tea',
    size: 'small',
    count: 3,
    ratio: 0.5,
    loud: false,
    list: ['a'],
    place: { city: 'Bonn', near: [] },
    any: {},
  });
  assert.deepEqual(read({ place: { city: 'Rome', near: [{ km: 1 }] } })['place'], {
    city: 'Rome',
    near: [{ km: 1 }],
  });
});

const wrong: readonly (readonly [given: Readonly<Record<string, unknown>>, problem: string])[] = [
  [{ word: 'coffee' }, 'setting word: must have at most 5 characters, not 6'],
  [{ word: 1 }, 'setting word: must be of type string, not number'],
  [{ word: null }, 'setting word: must be of type string, not null'],
  [{ size: 'huge' }, 'setting size: must be one of "small", "large", not "huge"'],
  [{ count: 0 }, 'setting count: must be at least 1, not 0'],
  [{ count: 11 }, 'setting count: must be at most 10, not 11'],
  [{ count: 1.5 }, 'setting count: must be of type integer, not number'],
  [{ list: [] }, 'setting list: must have at least 1 items, not 0'],
  [{ list: ['a', 2] }, 'setting list[1]: must be of type string, not number'],
  [{ place: {} }, 'setting place.city: is missing: give it, of type string'],
  [
    { place: { city: 'x', near: [{ km: 'far' }] } },
    'setting place.near[0].km: must be of type number, not string',
  ],
  [{ place: { city: 'x', zip: 1 } }, 'setting place.zip: is unknown; there are: city, near, note'],
  [
    { wrod: 'tea' },
    'unknown setting "wrod"; there are: word, size, count, ratio, loud, list, place, any',
  ],
];

for (const [given, problem] of wrong) {
  test(`refuses ${JSON.stringify(given)} with its place`, () => {
    assert.throws(() => read(given), { code: 'OPTION_INVALID', message: `p: ${problem}` });
  });
}

test('settings of the prototype are unknown settings', () => {
  for (const key of ['constructor', 'toString', '__proto__']) {
    const given = JSON.parse(`{"${key}":"x"}`);
    assert.throws(() => read(given), { code: 'OPTION_INVALID' });
    assert.throws(() => read({ place: { city: 'x', ...given } }), { code: 'OPTION_INVALID' }, key);
  }
});

test('a setting without a default must be given', () => {
  const needed = settingsShape({ word: { type: 'string', description: 'what to say' } }, '');
  assert.throws(() => readSettings('p', needed, {}, none), {
    message: 'p: setting word: is missing: give it, of type string (what to say)',
  });
  assert.deepEqual(readSettings('p', needed, { word: 'x' }, none).values, { word: 'x' });
});

for (const schema of [
  { type: 'date' },
  { type: 'number', default: 'x' },
  { type: 'integer', minimum: 2, default: 1 },
  { type: 'string', $ref: '#' },
  { type: 'number', secret: true },
]) {
  test(`a manifest cannot declare ${JSON.stringify(schema)}`, () => {
    assert.throws(() => settingsShape({ a: schema }, 'config'), ShapeError);
  });
}

test('a manifest cannot bring a pattern of its own for its settings', () => {
  const schema = { type: 'string', pattern: '(a+)+$', default: 'a'.repeat(60) };
  assert.throws(() => settingsShape({ a: schema }, 'config'), {
    message: 'config.a: unknown key "pattern"',
  });
});

test('schemas are nested eight deep, and any settings are read or refused', () => {
  let deep: object = { type: 'string' };
  for (let depth = 0; depth < 9; depth++) deep = { type: 'array', items: deep };
  assert.throws(() => settingsShape({ a: deep }, ''), /nested more than 8 deep/);
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('word', 'list', 'place', 'any', 'x'), fc.jsonValue()),
      (given) => {
        try {
          read(given);
        } catch (error) {
          assert.ok(error instanceof BanterError && error.code === 'OPTION_INVALID');
        }
      },
    ),
  );
});

const secret = settingsShape({ apiToken: { type: 'string', secret: true, minLength: 3 } }, '');

test('a secret comes from its variable or from one that is named, and is not written down', () => {
  assert.equal(secretVariable('weather-bot', 'apiToken'), 'BANTER_PLUGIN_WEATHER_BOT_API_TOKEN');
  const variables = (name: string): string | undefined =>
    ({ BANTER_PLUGIN_P_API_TOKEN: 'value-1', OTHER: 'value-2', SHORT: 'x' })[name];
  const of = (given: object) => readSettings('p', secret, { ...given }, variables);
  assert.deepEqual(of({}), { values: { apiToken: 'value-1' }, secrets: ['value-1'] });
  assert.deepEqual(of({ apiToken: { env: 'OTHER' } }).values, { apiToken: 'value-2' });
  for (const [given, message] of [
    [{ apiToken: 'hunter2' }, /is a secret, which is not written down/],
    [{ apiToken: { env: 'OTHER', more: 1 } }, /is a secret, which is not written down/],
    [{ apiToken: { env: 'a b' } }, /is a secret, which is not written down/],
    [{ apiToken: { env: 'MISSING' } }, /is a secret, and missing: set the environment's MISSING/],
    [{ apiToken: { env: 'SHORT' } }, /SHORT has not the length of this secret/],
  ] as const) {
    assert.throws(
      () => of(given),
      (error) => {
        assert.ok(error instanceof BanterError && message.test(error.message), String(error));
        return !/hunter2|value-/.test(error.message);
      },
    );
  }
});

test('a secret is its plugin’s alone, and stands in no log, error or status', {
  timeout: 60_000,
}, async (t) => {
  const variables = (name: string): string | undefined =>
    name === 'BANTER_PLUGIN_KEEPER_TOKEN' ? 'hunter2-hunter2' : undefined;
  const on = await stage(t, { variables });
  const config = `config: { token: { type: 'string', secret: true, default: '' } },`;
  await on.plug(
    'keeper',
    `ctx.log.info('mine is', ctx.config.token, ctx.config.token.length);
     ctx.hear(/fail/, () => { throw new Error('bad ' + ctx.config.token); });`,
    { manifest: config },
  );
  await on.plug('thief', `ctx.log.info('found', JSON.stringify(ctx.config), typeof process);`, {
    manifest: config,
  });
  on.alice.say('fail');
  await on.logged(/^hear 1: Error: bad •••/);
  assert.equal((await on.logged(/^mine is/)).text, 'mine is ••• 15');
  assert.equal((await on.logged(/^found/)).text, 'found {"token":""} undefined');
  await assert.rejects(
    on.plug('keeper', `throw new Error('no ' + ctx.config.token);`, { manifest: config }),
    /loaded already/,
  );
  await on.runtime.unload('keeper');
  await assert.rejects(
    on.plug('keeper', `throw new Error('no ' + ctx.config.token);`, { manifest: config }),
    (error) => error instanceof Error && /no •••/.test(error.message),
  );
  assert.doesNotMatch(JSON.stringify([on.runtime.list(), on.logs]), /hunter2/);
});
