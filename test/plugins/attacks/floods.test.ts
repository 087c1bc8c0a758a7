/** Attacks by sheer number: of sends, lines, errors, calls. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../world.ts';
import { Arena, type Attack } from './arena.ts';

const timeout = 60_000;

const attacks: Readonly<Record<string, Attack>> = {
  'sends without end': {
    code: 'for (;;) ctx.send({ group: "lab" }, "spam");',
    ends: /did not give way|memory|crashed/,
  },
  'log lines without end': {
    code: 'for (;;) ctx.log.info("spam".repeat(400));',
    ends: /did not give way/,
  },
  'listeners without end': {
    code: 'for (;;) ctx.on("message", () => 0);',
    ends: /did not give way|memory|crashed/,
  },
  'sends beyond those of a minute': {
    code: 'for (let i = 0; i < 200; i++) ctx.send({ group: "lab" }, "spam");',
    lives: [/^sendGroup refused: send: more than 60 a minute/],
  },
  'appends beyond those of a turn, again and again': {
    code: `const again = () => { for (let i = 0; i < 300; i++) ctx.file.append('x'.repeat(900)).catch(again); }; again();`,
    ends: /did not give way|memory|crashed/,
  },
  'a turn of one large line': {
    code: 'ctx.file.append("x".repeat(261_000)); ctx.log.info("x".repeat(261_000));',
    lives: [/^asked for too much in one turn: 1 actions refused$/],
  },
  'errors with long stacks that lead nowhere': {
    code: `for (let i = 0; i < 64; i++) ctx.on('message', () => {
        throw Object.assign(new Error(), { stack: 'plugin.js:1:1 '.repeat(500) });
      });`,
    lives: 'broken',
  },
  'errors with long stacks that lead astray': {
    code: `for (let i = 0; i < 64; i++) ctx.on('message', () => {
        throw Object.assign(new Error(), { stack: 'plugin.js:9999999:9999999 '.repeat(300) });
      });`,
    lives: 'broken',
  },
  'questions without end': {
    code: 'for (;;) ctx.ask({ group: "lab", from: "alice" }, "spam").catch(() => 0);',
    ends: /did not give way|memory|crashed/,
  },
  'questions beyond those that can be open': {
    code: `for (let i = 0; i < 40; i++) ctx.ask({ group: 'lab', from: 'nobody' }, 'spam').catch(() => 0);`,
    lives: [],
  },
  'commands that come too late': {
    code: `for (let i = 0; i < 1000; i++) try { ctx.command({ name: 'c' + i, description: '' }, () => ''); } catch (e) { if (i === 0) throw e; }`,
    lives: [/^on message: Error: ctx.command: "c0" comes too late; commands are made in setup/],
  },
  'values of metrics without end': {
    code: 'for (let i = 0; ; i++) metrics.counter.add(1, { who: i });',
    ends: /did not give way/,
  },
  'labels without bound, of every kind': {
    code: `for (let i = 0; i < 5000; i++) {
        metrics.counter.add(1, { who: i });
        metrics.gauge.set(i, { who: 'x'.repeat(64) + i });
        metrics.histogram.observe(i, { who: '\\ud800' + i });
      }`,
    lives: [/^metrics: 1\d{4} values dropped: too many different labels, or too long ones/],
  },
  'values that grow beyond all numbers': {
    code: 'for (let i = 0; i < 5; i++) metrics.counter.add(1e308, { who: 1 });',
    lives: [/^metrics: 4 values dropped/],
  },
  'labels that are traps': {
    code: `JSON.stringify = () => 'x'; Object.hasOwn = () => true; Array.prototype.map = () => [{}];
      try { metrics.counter.add(1, { get who() { throw 1; } }); } catch {}
      try { metrics.counter.add(1, { who: { toString: () => ({}) } }); } catch {}
      metrics.counter.add(1, new Proxy({}, { getOwnPropertyDescriptor: () => ({ value: 1, configurable: true }), ownKeys: () => [] }));`,
    lives: 'broken',
  },
  'patterns without end': {
    code: 'for (let i = 0; ; i++) ctx.hear(/x/, () => 0);',
    lives: [/^on message: Error: ctx.hear: "hear 257" is there already, or there are 256 patterns/],
  },
  'actions as deep as a turn can hold': {
    code: `let deep = 'x'; for (let i = 0; i < 5000; i++) deep = [deep];
      for (let i = 0; i < 5; i++) ctx.log.info(deep);`,
    lives: 'broken',
  },
};

test('floods', { timeout: 120_000 }, async (t) => {
  const arena = await Arena.open(t, attacks);
  for (const [name, attack] of Object.entries(attacks)) {
    await t.test(`${name}: is bounded, and its sibling still answers`, () =>
      arena.meet(name, attack),
    );
  }
  const spam = arena.stage.world.transcript.filter((line) => line.endsWith('spam'));
  assert.ok(spam.length <= 120, `${spam.length}`);
});

test('a finite flood of sends is refused beyond the minute, counted, and logged once', {
  timeout,
}, async (t) => {
  const { plug, alice, logged, world, logs, runtime } = await stage(t);
  await plug(
    'flooder',
    `ctx.on('message', async (m) => {
       const sends = Array.from({ length: 3000 }, () => ctx.send({ group: 'lab' }, 'spam'));
       const refused = (await Promise.allSettled(sends)).filter(({ reason }) => reason?.code === 'RATE_LIMITED');
       ctx.log.info('refused', refused.length);
     });`,
  );
  alice.say('attack');
  assert.equal((await logged(/^refused/)).text, 'refused 2940');
  assert.equal(world.transcript.filter((line) => line.endsWith('spam')).length, 60);
  const [status] = runtime.list();
  assert.deepEqual(
    [status?.state, status?.counters.sends, status?.counters.refused],
    ['running', 60, 2940],
  );
  assert.equal(logs.filter(({ level }) => level === 'warn').length, 2);
});
