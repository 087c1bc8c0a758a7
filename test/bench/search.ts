/** A store full of messages: how long its questions take, and its start. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreChange } from '../../core/chat/records.ts';
import { SqliteStore } from '../../core/store/sqlite-store.ts';
import { Random } from '../support/random.ts';
import type { Benchmark } from './benchmark.ts';
import { percentile } from './statistics.ts';

const identity = 'ab'.repeat(32);
const groups = 1000;
const batchMessages = 4096;
const questions = 200;
const hits = 50;

/** Words of a text, and how many there are: the first are common, the last rare, as in what people write. */
const textWords = 12;
const vocabulary = 30_000;

export const search: Benchmark = {
  name: 'search',
  about: () =>
    `${groups} groups; the newest ${hits} hits of a word within one of them, ${questions} times`,
  subjects: ['100,000 messages', '1,000,000 messages'],
  figures: [
    { key: 'commonMs', title: 'common word, p99 ms', digits: 2 },
    { key: 'rareMs', title: 'rare word, p99 ms', digits: 2 },
    { key: 'twoMs', title: 'two words, p99 ms', digits: 2 },
    { key: 'historyMs', title: 'history of 50, p99 ms', digits: 2 },
    { key: 'startMs', title: 'start ms', digits: 0 },
    { key: 'mib', title: 'MiB on disk', digits: 0 },
  ],
  roundsMax: 1,
  measure: async (subject) => {
    const folder = mkdtempSync(join(tmpdir(), 'banter-bench-'));
    try {
      await fill(folder, Number(subject.replace(/\D/g, '')));
      const beganAt = performance.now();
      const store = await open(folder);
      await store.load();
      const startMs = performance.now() - beganAt;
      const random = new Random(2);
      const group = (): string => `g${random.below(groups)}`;
      const ask = (words: () => string) =>
        slowest(() =>
          store.search({ group: group(), words: words(), beforeSeq: undefined, limit: hits }),
        );
      const common = (): string => `w${random.below(20)}`;
      const rare = (): string => `w${vocabulary - 1 - random.below(vocabulary / 2)}`;
      const figures = {
        commonMs: await ask(common),
        rareMs: await ask(rare),
        twoMs: await ask(() => `${common()} ${rare()}`),
        historyMs: await slowest(() =>
          store.history({ group: group(), beforeSeq: undefined, limit: hits }),
        ),
        startMs,
        mib: (await store.stats()).bytes / 2 ** 20,
      };
      await store.close();
      return figures;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function open(folder: string): Promise<SqliteStore> {
  return SqliteStore.open({ folder, newSeed: () => new Uint8Array(32) });
}

async function fill(folder: string, messages: number): Promise<void> {
  const store = await open(folder);
  const random = new Random(1);
  const created = Array.from({ length: groups }, (_, at): StoreChange => {
    return { type: 'groupCreated', group: `g${at}`, logId: new Uint8Array(8).fill(at) };
  });
  await store.write([{ type: 'nameBound', name: 'ann', identity }, ...created]);
  const heads = new Array<number>(groups).fill(0);
  for (let done = 0; done < messages; done += batchMessages) {
    const count = Math.min(batchMessages, messages - done);
    await store.write(
      Array.from({ length: count }, () => {
        const group = random.below(groups);
        const seq = (heads[group] ?? 0) + 1;
        heads[group] = seq;
        return appended(`g${group}`, seq, textOf(random));
      }),
    );
  }
  await store.close();
}

function textOf(random: Random): string {
  // By the square of the square: a few words are in most texts, most are in few.
  const word = (): string => `w${Math.floor(vocabulary * random.float() ** 4)}`;
  return Array.from({ length: textWords }, word).join(' ');
}

function appended(group: string, seq: number, text: string): StoreChange {
  const said = { from: 'ann', bot: false, hops: 0, sentAtMs: 1_700_000_000_000 + seq, text };
  const message = { mid: new Uint8Array(16), seq, ...said };
  return { type: 'messageAppended', group, identity, message, isHandled: false };
}

async function slowest(question: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < questions; at++) {
    const beganAt = performance.now();
    await question();
    times.push(performance.now() - beganAt);
  }
  return percentile(times, 0.99);
}
