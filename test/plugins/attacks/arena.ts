/** Where plugins attack: one child, a sibling that must go on answering, and a meter of what it costs the chat process. */

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { PluginLog, PluginStatus } from '../../../plugins/index.ts';
import { type Stage, stage } from '../world.ts';

/**
 * What a plugin does on hearing a message, as statements that see `ctx` and the message `m`, and what becomes of it: it
 * ends for a reason, or lives and logs these lines, or lives and has broken itself in some way of its own.
 */
export type Attack =
  | { readonly code: string; readonly ends: RegExp }
  | { readonly code: string; readonly lives: readonly RegExp[] | 'broken' };

/** Milliseconds of processor time that the chat process may need for one turn of its loop, and for a whole attack. */
const stallMsMax = 100;
const wholeMsMax = 1000;

/** Characters of a reason that a person still reads. */
const reasonCharactersMax = 2200;

/** A stage with a sibling, for one attack after the other. */
export class Arena {
  readonly stage: Stage;
  readonly #file: string;
  #pings = 0;

  private constructor(on: Stage, file: string) {
    this.stage = on;
    this.#file = file;
  }

  /** All attacks are in one file, so that it is bundled once; the setting `attack` says which is meant. */
  static async open(t: TestContext, attacks: Readonly<Record<string, Attack>>): Promise<Arena> {
    const on = await stage(t);
    const file = await on.write('evil.ts', sourceOf(attacks));
    await on.plug('sibling', sibling, { manifest: 'limits: { sendsPerMinute: 600 },' });
    return new Arena(on, file);
  }

  /** Lets a plugin attack, and holds it, its sibling and the chat process to what must be true afterwards. */
  async meet(name: string, attack: Attack): Promise<void> {
    const { runtime, alice, logs } = this.stage;
    logs.length = 0;
    await runtime.load(this.#file, { attack: name });
    await inTime(async () => {
      alice.say('attack');
      if ('ends' in attack) {
        // What the first one registers hears the second.
        alice.say('attack');
        this.#checkEnd(await this.stage.quarantined('evil'), attack.ends);
      } else {
        while (this.#evil()?.counters.events === 0) await this.#siblingAnswers();
        // Its farewell is the proof that it has handled what came before.
        await runtime.unload('evil');
        this.#checkLogs(attack.lives);
      }
      await this.#siblingAnswers();
    });
    const good = runtime.list().find(({ id }) => id === 'sibling');
    assert.deepEqual([good?.state, good?.reason], ['running', '']);
  }

  #evil(): PluginStatus | undefined {
    return this.stage.runtime.list().find(({ id }) => id === 'evil');
  }

  async #siblingAnswers(): Promise<void> {
    this.#pings += 1;
    this.stage.alice.say(`ping ${this.#pings}`);
    await this.stage.world.heard(`lab/bot: pong ${this.#pings}`);
  }

  #checkEnd({ reason }: PluginStatus, expected: RegExp): void {
    assert.match(reason, expected);
    assert.ok(reason.length <= reasonCharactersMax, `${reason.length} characters`);
    const told = this.stage.logs.filter(({ text }) => text === `is quarantined: ${reason}`);
    assert.equal(told.length, 1);
  }

  #checkLogs(expected: readonly RegExp[] | 'broken'): void {
    const own = this.stage.logs.filter(({ plugin }) => plugin === 'evil');
    const texts = own.map(({ text }: PluginLog) => text);
    for (const text of texts) {
      assert.ok(text.length <= reasonCharactersMax, `${text.length} characters`);
      assert.doesNotMatch(text, /^is quarantined/);
    }
    if (expected === 'broken') return;
    assert.equal(texts.length, expected.length, texts.join('\n').slice(0, 1000));
    for (const [index, text] of texts.entries()) assert.match(text, expected[index] ?? /^$/);
  }
}

/**
 * Holds our own process to its processor time: by the clock a busy machine would fail it.
 * Between two ticks the loop has done at most one turn and what fits into the time between them.
 */
export async function inTime(work: () => Promise<void>): Promise<void> {
  const tickMs = 5;
  const begunMs = ownCpuMs();
  let lastMs = begunMs;
  let stalledMs = 0;
  const tick = (): void => {
    const now = ownCpuMs();
    stalledMs = Math.max(stalledMs, now - lastMs);
    lastMs = now;
  };
  const ticking = setInterval(tick, tickMs).unref();
  try {
    await work();
  } finally {
    clearInterval(ticking);
  }
  tick();
  assert.ok(stalledMs < stallMsMax, `the chat process stalled for ${stalledMs} ms`);
  assert.ok(lastMs - begunMs < wholeMsMax, `the chat process needed ${lastMs - begunMs} ms`);
}

/** Milliseconds of processor time that this thread has used. */
export function ownCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** It and the attacker hear what came while their process was being started again, too. */
const sibling = `ctx.on('message', { includeRecovered: true }, async (m) => {
  if (m.text.startsWith('ping')) await m.reply('pong' + m.text.slice(4));
});`;

function sourceOf(attacks: Readonly<Record<string, Attack>>): string {
  const functions = Object.entries(attacks).map(
    ([name, { code }]) => `${JSON.stringify(name)}: (ctx, m) => { ${code} },`,
  );
  return `
import { definePlugin } from 'banter/plugins';
let metrics;
const attacks = {
${functions.join('\n')}
};
export default definePlugin({
  id: 'evil', version: '1.0.0',
  permissions: ['message.read', 'message.send', 'private.read', 'private.send', 'file.append'],
  config: { attack: { type: 'string', default: '' } },
  setup(ctx) {
    const attack = attacks[ctx.config.attack];
    const definition = (name) => ({ name, help: '', labels: ['who'] });
    metrics = {
      counter: ctx.metrics.counter(definition('counter')),
      gauge: ctx.metrics.gauge(definition('gauge')),
      histogram: ctx.metrics.histogram(definition('histogram')),
    };
    ctx.on('message', { includeRecovered: true }, (m) => m.text === 'attack' ? attack(ctx, m) : undefined);
  },
});
`;
}
