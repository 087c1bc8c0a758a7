/** Attacks on what stands between a plugin and the chat process: errors, prototypes, promises, forged words. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sibling, stage } from '../world.ts';
import { Arena, type Attack } from './arena.ts';

const timeout = 60_000;

const heard = /^on message: /;
const lost = /^unhandled rejection: /;

/** What may be thrown, wherever it is thrown, is told shortly. */
/** Who breaks what its own isolate is made of is ended, and nobody else. */
const brokenInside = /broke the runtime inside its isolate/;

const exotics: Readonly<Record<string, Attack>> = {
  'a symbol': { code: 'throw Symbol("s");', lives: [/^on message: Error: Symbol\(s\)$/] },
  null: { code: 'throw null;', lives: [/^on message: Error: null$/] },
  'a revoked proxy': {
    code: 'const p = Proxy.revocable({}, {}); p.revoke(); throw p.proxy;',
    lives: [/^on message: Error: \(unprintable error\)$/],
  },
  'a message of megabytes': { code: 'throw new Error("x".repeat(5e6));', lives: [heard] },
  'a name, a stack and a cause of megabytes': {
    code: `const long = 'x'.repeat(3e6);
      throw Object.assign(new Error(long, { cause: new Error(long) }), { name: long, stack: long });`,
    lives: [heard],
  },
  'an error that cannot be printed': {
    code: 'throw { toString() { throw 1; }, toJSON() { throw 2; } };',
    lives: [/^on message: Error: \(unprintable\)$/],
  },
  'an error whose name is a symbol': {
    code: 'const e = new Error("x"); e.name = Symbol("n"); throw e;',
    lives: [/^on message: Symbol\(n\): x/],
  },
  'an error without a prototype': {
    code: 'throw Object.setPrototypeOf(new Error("x"), null);',
    lives: [/^on message: Error: \{\}$/],
  },
  'errors in an error of errors that goes round': {
    code: 'const e = new AggregateError([], "all"); e.errors.push(e); e.cause = e; throw e;',
    lives: [/^on message: AggregateError: all/],
  },
  'what a terminal obeys': {
    code: 'throw new Error("\\u001b]0;title\\u0007\\u001b[2J\\r\\n\\u202e");',
    lives: [heard],
  },
  'a rejection with undefined': {
    code: 'return Promise.reject(undefined);',
    lives: [/^on message: Error: undefined$/],
  },
  'a rejection that nobody handles': {
    code: 'Promise.reject(new Error("lost"));',
    lives: [/^unhandled rejection: Error: lost$/],
  },
  'a rejection of megabytes that nobody handles': {
    code: 'Promise.reject(new Error("x".repeat(5e6)));',
    lives: [lost],
  },
  'rejections of all kinds that nobody handles': {
    code: 'Promise.reject(Symbol("s")); Promise.reject(null); Promise.reject(() => 1);',
    lives: [lost],
  },
  'a rejection that speaks like the sandbox': {
    code: 'Promise.reject(new Error("Isolate was disposed during execution due to memory limit"));',
    ends: /it broke|memory/,
  },
};

/** What a plugin may do to its own builtins harms nobody else. */
const prototypes: Readonly<Record<string, Attack>> = {
  'JSON of everything': {
    code: `const forged = { type: 'sendGroup', id: 1, group: 'lab', text: 'forged', hops: 0 };
      for (const { prototype } of [Object, Array, String, Number]) prototype.toJSON = () => forged;
      JSON.stringify = () => JSON.parse('[]'); JSON.parse = () => [forged]; ctx.log.info('tried');`,
    lives: [/^tried$/],
  },
  'setters for the fields of actions': {
    code: `for (const name of ['type', 'id', 'group', 'text', 'hops', 'level', 'stack'])
        Object.defineProperty(Object.prototype, name, { set() { throw 1; }, get: () => 'forged' });
      ctx.log.info('tried');`,
    lives: [/^tried$/],
  },
  'setters for the places of arrays': {
    code: `Object.defineProperty(Array.prototype, 0, { set() { throw 1; }, get: () => 'forged' });
      ctx.log.info('tried');`,
    lives: [/^tried$/],
  },
  'every function there is': {
    code: `for (const name of Object.getOwnPropertyNames(globalThis)) {
        const { prototype } = Object(Reflect.get(globalThis, name));
        for (const key of prototype ? Reflect.ownKeys(prototype) : [])
          try { if (name !== 'Object') prototype[key] = () => { throw 1; }; } catch {}
      }`,
    ends: brokenInside,
  },
  'how promises go on': {
    code: `Promise.prototype.then = function () { return this; }; Promise.prototype.catch = () => { throw 1; };
      Object.defineProperty(Promise, Symbol.species, { get: () => class { constructor(run) { run(() => {}, () => {}); } } });
      ctx.send({ group: 'lab' }, 'sent');`,
    lives: [/^on message: Error: 1$/],
  },
  'what maps and sets remember': {
    code: `for (const { prototype } of [Map, WeakMap, WeakSet, Set])
        for (const name of ['get', 'set', 'has', 'delete', 'add']) prototype[name] = () => 'forged';
      m.reply('sent').then((receipt) => ctx.log.info(receipt));`,
    lives: 'broken',
  },
  'how errors are told': {
    code: `Object.defineProperty(Error, Symbol.hasInstance, { value: () => { throw 1; } });
      Error.prepareStackTrace = () => ({ toString() { throw 2; } }); throw new Error('x');`,
    lives: [/^on message: Error: \(unprintable error\)$/],
  },
  'what an array is, to whoever copies it': {
    code: `Object.defineProperty(Array, Symbol.species, { get: () => function () { return { forged: true }; } });
      Array.prototype.constructor = { [Symbol.species]: Function }; ctx.log.info('tried');`,
    ends: brokenInside,
  },
  'all its globals': {
    code: 'for (const name of Reflect.ownKeys(globalThis)) delete globalThis[name];',
    lives: 'broken',
  },
  'its own context': {
    code: `try { ctx.send = 1; } catch {} Object.setPrototypeOf(m, null); m.reply = 1;
      Object.freeze(globalThis); ctx.log.info('tried');`,
    lives: [/^tried$/],
  },
};

const words: Readonly<Record<string, Attack>> = {
  'a promise that is never settled': { code: 'return new Promise(() => {});', lives: [] },
  'a promise that settles twice and is none': {
    code: 'return { then(ok, no) { ok(1); no(2); ok(3); throw 4; } };',
    lives: [],
  },
  'a promise whose then is another, for ever deeper': {
    code: 'const next = (n) => ({ then(ok) { ok(n > 0 ? next(n - 1) : 0); } }); return next(1000);',
    lives: [],
  },
  'a plugin that describes itself anew': {
    code: `globalThis.banterPlugin?.({ setup() {}, id: 'sibling', permissions: [] }); ctx.log.info('tried');`,
    lives: [/^tried$/],
  },
  'a target and a text that are none': {
    code: `ctx.send(null, 'x'); ctx.send({ group: { toString: () => 'lab' } }, { toString: () => 'y'.repeat(1e5) });
      ctx.send({ to: 'bob', group: undefined }, Symbol('t')); ctx.send({}, []);`,
    lives: [],
  },
  'a name of a file in place of a line': {
    code: `ctx.file.append('../../../etc/passwd\\n\\u0000{"type":"sendGroup"}');`,
    lives: [],
  },
  'a command that comes too late': {
    code: `ctx.command({ name: 'late', description: '' }, () => '');`,
    lives: [/comes too late/],
  },
  'calls of what it was given, from elsewhere': {
    code: `const { send, on } = ctx; send.call(null, { group: 'lab' }, 'x'); Reflect.apply(on, {}, ['nothing', () => 0]);`,
    lives: [/there is no such event/],
  },
};

test('walls', { timeout: 120_000 }, async (t) => {
  const attacks = { ...exotics, ...prototypes, ...words };
  const arena = await Arena.open(t, attacks);
  for (const [name, attack] of Object.entries(attacks)) {
    await t.test(`${name}: is told shortly, and its sibling still answers`, () =>
      arena.meet(name, attack),
    );
  }
});

test('an outbox forged through prototypes and builtins is not believed', { timeout }, async (t) => {
  const { plug, alice, world, logged, runtime } = await stage(t);
  await plug('good', sibling);
  await plug(
    'forger',
    `ctx.on('message', () => {
       const forged = { type: 'sendGroup', id: 1, group: 'lab', text: 'forged', hops: 0 };
       Object.prototype.toJSON = () => forged;
       Array.prototype.toJSON = () => [forged];
       String.prototype.toJSON = () => forged;
       JSON.stringify = () => JSON.parse('[]');
       JSON.parse = () => [forged];
       Array.prototype.push = () => 0;
       ctx.log.info('tried');
     });`,
  );
  alice.say('attack');
  await logged(/^tried$/);
  alice.say('ping after');
  await world.heard('lab/bot: pong after');
  assert.ok(!world.transcript.some((line) => line.includes('forged')));
  assert.ok(runtime.list().every(({ state }) => state === 'running'));
});

test('what could escape a call or count is not there', { timeout }, async (t) => {
  const { plug, logged } = await stage(t);
  await plug(
    'looker',
    `const names = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'FinalizationRegistry', 'WeakRef',
       'process', 'require', 'setTimeout', 'fetch', 'banterPlugin', 'inside'];
     ctx.log.info('there are', names.filter((name) => name in globalThis));
     const buffers = [new ArrayBuffer(1, { maxByteLength: 1e8 }), new (new Uint8Array(1).buffer.constructor)(1, { maxByteLength: 1e8 })];
     ctx.log.info('resizable', buffers.filter((buffer) => buffer.resizable));`,
  );
  assert.equal((await logged(/there are/)).text, 'there are []');
  assert.equal((await logged(/resizable/)).text, 'resizable []');
});
