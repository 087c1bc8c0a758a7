/** Attacks by hooks, for which messages wait: loops, silence, exotics, deaths, forged verdicts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '../../../core/client-api.ts';
import { systemClock } from '../../../plugins/clock.ts';
import type { HookInfo } from '../../../plugins/hook-info.ts';
import { Hooks } from '../../../plugins/hooks.ts';
import { Insight } from '../../../plugins/insight.ts';
import { OpenWork } from '../../../plugins/open-work.ts';
import type { HostedPlugin } from '../../../plugins/plugin.ts';
import { settingUp } from '../hosted.ts';
import { type Stage, stage, World } from '../world.ts';
import { inTime } from './arena.ts';

/** What a hook does with the message `m`, what is shown of "attack" then, and the reason that is told. */
interface Attack {
  readonly code: string;
  /** It does not answer, and has 100 ms for that; else it has all the time there is. */
  readonly late?: true;
  /** Absent: nothing is shown. */
  readonly shows?: RegExp;
  readonly tells?: RegExp;
  /** Whether the plugin is quarantined; else it lives. */
  readonly ends?: true;
  /** Whether it cannot be stopped even then, and takes the process down a while later. */
  readonly kills?: true;
}

/** The next hook, of another plugin, marks what it has let pass. */
const attacks: Readonly<Record<string, Attack>> = {
  'a loop for ever': {
    late: true,
    code: 'for (;;);',
    shows: /^attack$/,
    tells: /hook receive: it took more than 100 ms|is quarantined: it did not give way/,
    ends: true,
  },
  'a loop for ever, once it is late': {
    late: true,
    code: 'return Promise.resolve().then(() => { for (;;); });',
    shows: /^attack$/,
    tells: /hook receive: it took more than 100 ms|is quarantined: it did not give way/,
    ends: true,
  },
  'a promise that never settles': {
    late: true,
    code: 'return new Promise(() => undefined);',
    shows: /^attack$/,
    tells: /^hook receive: it took more than 100 ms; the message goes on/,
  },
  'an answer that is late by itself': {
    late: true,
    code: 'return new Promise((resolve) => { globalThis.late = () => resolve({ stop: "late" }); });',
    shows: /^attack$/,
    tells: /^hook receive: it took more than 100 ms/,
  },
  'memory without end': {
    late: true,
    code: 'const all = []; for (;;) all.push(new Array(1000).fill(m));',
    shows: /^attack$/,
    tells: /hook receive: .*(took more than|died|quarantine)|is quarantined/,
    ends: true,
  },
  'a builtin that cannot be stopped': {
    late: true,
    code: 'Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);',
    shows: /^attack$/,
    tells: /hook receive: .*(took more than|died|quarantine)|is quarantined/,
    ends: true,
    kills: true,
  },
  'a getter that changes its mind': {
    code: 'let asked = 0; return { get text() { asked += 1; return asked === 1 ? "once" : "twice"; } };',
    shows: /^once$/,
  },
  'a getter that throws': {
    code: 'return { get text() { throw new Error("trap"); } };',
    shows: /^attack$/,
    tells: /^hook receive: it threw Error: trap; the message goes on/,
  },
  'a proxy that says yes to everything': {
    code: 'return new Proxy({}, { get: (_, key) => key === "then" ? undefined : "yes", has: () => true });',
    tells: /^a message of #lab is not shown: yes/,
  },
  'a proxy that is revoked': {
    code: 'const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy;',
    shows: /^attack$/,
    tells: /^hook receive: it threw TypeError/,
  },
  'a thenable that answers twice': {
    code: 'return { then(resolve) { resolve({ text: "once" }); resolve({ stop: "twice" }); throw 1; } };',
    shows: /^once$/,
  },
  'a thenable without end': {
    late: true,
    code: 'const then = (resolve) => resolve({ then }); return { then };',
    shows: /^attack$/,
    tells: /hook receive: it took more than 100 ms|is quarantined/,
    ends: true,
  },
  'a text of megabytes': {
    code: 'return { text: "x".repeat(5e6) };',
    shows: /^attack$/,
    tells: /^hook receive: it changed the text into one of 5000000 characters/,
  },
  'a text that no message can have': {
    code: 'return { text: "ö".repeat(30_001) };',
    shows: /^attack$/,
    tells: /^hook receive: it changed the text into one of 60002 bytes; the message goes on/,
  },
  'half a character': { code: 'return { text: "\\ud800" };', shows: /^\ufffd$/ },
  'a text that is an object': {
    code: 'return { text: { toString: () => "forged", toJSON: () => "forged" } };',
    shows: /^attack$/,
    tells: /^hook receive: it returned neither nothing nor/,
  },
  'a reason of megabytes': {
    code: 'return { stop: "x".repeat(5e6) };',
    tells: /^a message of #lab is not shown: x{199}… \(/,
  },
  'a change and a stop at once': {
    code: 'return { text: "changed", stop: "stopped" };',
    tells: /^a message of #lab is not shown: stopped/,
  },
  'changes to the message itself': {
    code: 'try { m.text = "forged"; } catch {} try { m.from = "admin"; } catch {}',
    shows: /^attack$/,
  },
  'JSON of verdicts': {
    code: 'Object.prototype.toJSON = () => ({ type: "change", text: "forged", call: 1, hook: 9 });',
    shows: /^attack$/,
    tells: /is quarantined: it handed over what is no action|hook receive/,
    ends: true,
  },
  'an exotic error': {
    code: 'throw { toString() { throw 1; }, toJSON() { throw 2; }, get message() { throw 3; } };',
    shows: /^attack$/,
    tells: /^hook receive: it threw Error: \(unprintable\)/,
  },
  'sends without end': {
    code: 'for (let i = 0; i < 5000; i++) ctx.send({ group: "lab" }, "spam");',
    shows: /^attack$/,
  },
};

test('hooks that attack', { timeout: 120_000 }, async (t) => {
  const on = await stage(t);
  const shown: string[] = [];
  on.bot.on('messageReceived', ({ text }: ChatMessage) => void shown.push(text));
  const file = await on.write('evil.ts', sourceOf(attacks));
  for (const [name, attack] of Object.entries(attacks)) {
    await t.test(`${name}: the message gets its answer, and the others go on`, () =>
      meet(on, file, name, attack, shown),
    );
  }
});

async function meet(
  on: Stage,
  file: string,
  name: string,
  attack: Attack,
  shown: string[],
): Promise<void> {
  on.logs.length = 0;
  shown.length = 0;
  await on.runtime.load(file, { attack: name, deadlineMs: attack.late ? 100 : 5000 });
  // Loaded after it, and so asked after it.
  await on.plug('marker', marker, { permissions: ['message.change', 'message.read'] });
  await on.plug('sibling', answering);
  await inTime(async () => {
    on.alice.say('attack');
    // A death of the plugin process takes along what the marker was asked, and it lets that pass unmarked.
    for (let ping = 1; ; ping++) {
      const from = on.world.transcript.length;
      on.alice.say(`ping ${ping} after ${name}`);
      const mark = await on.world.next(`lab/bot: pong ${ping} after ${name}`, from);
      if (mark === '!') break;
      // One that was blamed for what another did would never mark anything again.
      const others = on.runtime.list().filter(({ id }) => id !== 'evil');
      assert.deepEqual(
        others.map(({ reason }) => reason),
        ['', ''],
      );
    }
  });
  const first = shown[0]?.replace(/!$/, '');
  if (attack.shows === undefined) assert.equal(first, `ping 1 after ${name}`);
  else assert.match(first ?? '', attack.shows);
  if (attack.ends) await on.quarantined('evil');
  if (attack.tells !== undefined) await on.logged(attack.tells);
  // The next plugin must not be at work then: what its hooks were asked would be lost, and nobody would ask again.
  if (attack.kills) await on.logged(/^is started again: .*could not be stopped/);
  const own = on.logs.filter(({ plugin }) => plugin === 'evil');
  for (const { text } of own) assert.ok(text.length < 2200, `${text.length} characters`);
  const states = on.runtime.list().map(({ id, state }) => `${id} ${state}`);
  const evil = attack.ends ? 'evil quarantined' : 'evil running';
  assert.deepEqual(states, [evil, 'marker running', 'sibling running']);
  for (const id of ['evil', 'marker', 'sibling']) await on.runtime.unload(id);
}

test('verdicts for hooks of others, for unknown calls and for settled ones count for nothing', () => {
  const world = new World();
  const bot = world.member('bot');
  const alice = world.member('alice');
  const shown: string[] = [];
  bot.on('messageReceived', ({ text }: ChatMessage) => void shown.push(text));
  const plugins = new Map([1, 2].map((slot) => [slot, hooked(slot)]));
  const [own, other] = [...plugins.values()];
  assert.ok(own !== undefined && other !== undefined);
  const hooks = new Hooks({
    client: bot,
    plugins,
    insight: new Insight(systemClock),
    clock: { ...systemClock, setTimer: () => () => undefined },
    work: new OpenWork(() => undefined),
    onAsked: () => undefined,
    onFailing: () => undefined,
    log: () => undefined,
  });
  hooks.declare(own, info);
  own.ready();
  other.ready();
  hooks.ready(own);
  hooks.ready(other);
  alice.say('hello');
  const [question] = questionsOf(own);
  assert.ok(question !== undefined);
  hooks.answer(other, question, { type: 'change', text: 'forged' });
  hooks.answer(own, question + 1, { type: 'change', text: 'forged' });
  assert.deepEqual(shown, []);
  hooks.answer(own, question, { type: 'change', text: 'mine' });
  hooks.answer(own, question, { type: 'change', text: 'again' });
  assert.deepEqual(shown, ['mine']);
  // Once it is set up, a plugin declares nothing more; nor may one without the permission.
  hooks.declare(other, info);
  hooks.ready(other);
  alice.say('hello again');
  assert.deepEqual(questionsOf(other), []);
  assert.equal(other.status(0).counters.refused, 1);
});

test('a flood of messages for a hook that never answers is bounded, and nothing is lost', () => {
  const world = new World();
  const bot = world.member('bot');
  const alice = world.member('alice');
  let shown = 0;
  bot.on('messageReceived', () => {
    shown += 1;
  });
  const plugin = hooked(1);
  const hooks = new Hooks({
    client: bot,
    plugins: new Map([[1, plugin]]),
    insight: new Insight(systemClock),
    clock: { ...systemClock, setTimer: () => () => undefined },
    work: new OpenWork(() => undefined),
    onAsked: () => undefined,
    onFailing: () => undefined,
    log: () => undefined,
  });
  hooks.declare(plugin, info);
  plugin.ready();
  hooks.ready(plugin);
  for (let sent = 0; sent < 25_000; sent++) alice.say('flood');
  // Some are asked, the others wait; with the ten thousand and first the hook has failed about them all, again and again.
  assert.deepEqual([shown, plugin.status(0).counters.hookFailures], [20_000, 20_000]);
  hooks.close();
  assert.equal(shown, 25_000);
});

const info: HookInfo = { hook: 1, point: 'receive', group: '', deadlineMs: 100, onFailure: 'open' };

/** It hears what came while its process was being started again, too. */
const answering = `ctx.on('message', { includeRecovered: true }, async (m) => {
  if (m.text.startsWith('ping')) await m.reply('pong' + m.text.slice(4));
});`;

const marker = `ctx.use('receive', { deadlineMs: 5000 }, (m) => ({ text: m.text + '!' }));`;

/** A plugin in the midst of its `setup` that may change messages. */
function hooked(slot: number): HostedPlugin {
  const plugin = settingUp(slot, 'message.change');
  plugin.turned(0, 0);
  return plugin;
}

/** The numbers of what a plugin is asked now. */
function questionsOf(plugin: HostedPlugin): readonly number[] {
  const work = plugin.takeWork(0);
  if (!Array.isArray(work)) return [];
  plugin.turned(0, 0);
  return work.flatMap(({ event }) => (event.type === 'hooked' ? [event.call] : []));
}

function sourceOf(table: Readonly<Record<string, Attack>>): string {
  const functions = Object.entries(table).map(
    ([name, { code }]) => `${JSON.stringify(name)}: (ctx, m) => { ${code} },`,
  );
  return `
import { definePlugin } from 'banter/plugins';
const attacks = {
${functions.join('\n')}
};
export default definePlugin({
  id: 'evil', version: '1.0.0',
  permissions: ['message.read', 'message.send', 'message.change'],
  config: { attack: { type: 'string', default: '' }, deadlineMs: { type: 'number', default: 0 } },
  setup(ctx) {
    const { deadlineMs } = ctx.config;
    const attack = attacks[ctx.config.attack];
    ctx.use('receive', { deadlineMs }, (m) => m.text === 'attack' ? attack(ctx, m) : undefined);
  },
});
`;
}
