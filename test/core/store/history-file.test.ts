/** Histories that are exported and imported. */

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { HistoryOptions } from '../../../core/client/options.ts';
import { wholeHistory } from '../../../core/client/whole-history.ts';
import { BanterError, type GroupMessage } from '../../../core/index.ts';
import {
  beginLine,
  endLine,
  type HistoryMessage,
  messageLine,
} from '../../../core/store/history-file.ts';
import { type Imported, importHistory } from '../../../core/store/history-import.ts';
import { SqliteStore } from '../../../core/store/sqlite-store.ts';
import { temporaryHome } from '../../support/home.ts';

function message(seq: number): HistoryMessage {
  const mid = seq.toString(16).padStart(32, '0');
  return {
    seq,
    mid,
    from: 'Ann',
    bot: false,
    hops: 1,
    sentAtMs: 1_700_000_000_000 + seq,
    text: `ü ${seq}`,
  };
}

/** The lines of a history of messages from one number to another. */
function linesOf(from: number, to: number): readonly string[] {
  const messages = Array.from({ length: to - from + 1 }, (_, at) => message(from + at));
  return [beginLine('Ops'), ...messages.map(messageLine), endLine(messages.length)];
}

async function opened(t: Parameters<typeof temporaryHome>[0]): Promise<SqliteStore> {
  const home = temporaryHome(t);
  const store = await SqliteStore.open({ folder: home.path, newSeed: () => new Uint8Array(32) });
  home.onClose(() => store.close());
  return store;
}

function importInto(
  store: SqliteStore,
  lines: readonly string[],
  into?: string,
): Promise<Imported> {
  const source = async function* (): AsyncGenerator<string> {
    yield* lines;
  };
  return importHistory({ store, lines: source, into, logId: new Uint8Array(8).fill(5) });
}

describe('an exported history', () => {
  it('comes into a store as it was, as a group without members and with a log of its own', async (t) => {
    const store = await opened(t);
    assert.deepEqual(await importInto(store, linesOf(1, 1200)), { group: 'Ops', messages: 1200 });
    const [group] = (await store.load()).groups;
    assert.deepEqual([group?.name, group?.headSeq, group?.members], ['Ops', 1200, []]);
    assert.deepEqual(group?.logId, new Uint8Array(8).fill(5));
    const read = await store.read({ group: 'Ops', afterSeq: 1100, limit: 1 });
    assert.deepEqual(
      read.map(({ mid, ...rest }) => ({ ...rest, mid: Buffer.from(mid).toString('hex') })),
      [message(1101)],
    );
  });

  it('keeps its numbers where it does not begin with the first, and may have another name', async (t) => {
    const store = await opened(t);
    const imported = await importInto(store, linesOf(500, 510), 'old-ops');
    assert.deepEqual(imported, { group: 'old-ops', messages: 11 });
    const [oldest] = await store.read({ group: 'old-ops', afterSeq: 0, limit: 1 });
    assert.equal(oldest?.seq, 500);
    const { groups, messages } = await store.stats();
    assert.deepEqual([groups[0]?.headSeq, groups[0]?.messages, messages], [510, 11, 11]);
    await store.prune({ retention: { messages: 10 }, nowMs: 0 });
    assert.equal((await store.stats()).messages, 10);
  });

  it('is refused where the group is there, however it is spelt, and under a name that cannot be', async (t) => {
    const store = await opened(t);
    const lines = linesOf(1, 2);
    await importInto(store, lines);
    await assert.rejects(importInto(store, lines, 'OPS'), { code: 'GROUP_EXISTS' });
    await assert.rejects(importInto(store, lines, 'a b'), { code: 'GROUP_NAME_INVALID' });
    assert.equal((await store.load()).groups.length, 1);
  });

  const [begin = '', first = '', second = '', end = ''] = linesOf(1, 2);
  const spoilt = (change: Readonly<Record<string, unknown>>): string =>
    JSON.stringify({ ...message(2), ...change });
  const faults: readonly (readonly [RegExp, readonly string[]])[] = [
    [/^line 1: the file ends before its last line/, []],
    [/^line 1: this is no JSON$/, ['{']],
    [/^line 1: this is no object$/, ['[1]']],
    [/^line 1: this is no exported history$/, ['{}']],
    [/^line 1: its form is 2, not 1$/, [begin.replace('"v":1', '"v":2')]],
    [/^line 1: the name "a b" /, [begin.replace('Ops', 'a b')]],
    [/^line 3: the file ends before its last line: it was cut short$/, [begin, first]],
    [/^line 3: there should be 2 messages, and are 1$/, [begin, first, end]],
    [/^line 5: something follows the last line$/, [begin, first, second, end, first]],
    [/^line 3: this is no JSON$/, [begin, first, second.slice(0, -5)]],
    [/^line 3: "seq" is 1, not 2$/, [begin, first, first]],
    [/^line 3: "seq" is 3, not 2$/, [begin, first, spoilt({ seq: 3 })]],
    [/^line 2: "seq" is 0, not 1$/, [begin, spoilt({ seq: 0 })]],
    [/^line 3: "seq" is "2", not a whole number/, [begin, first, spoilt({ seq: '2' })]],
    [/^line 3: "mid" is not of 32 hex digits$/, [begin, first, spoilt({ mid: 'ab' })]],
    [/^line 3: "bot" is neither true nor false$/, [begin, first, spoilt({ bot: 1 })]],
    [/^line 3: "hops" is 8, not a whole number up to 7$/, [begin, first, spoilt({ hops: 8 })]],
    [/^line 3: "sentAtMs" is -1, not/, [begin, first, spoilt({ sentAtMs: -1 })]],
    [/^line 3: "text" is no text$/, [begin, first, spoilt({ text: null })]],
    [
      /^line 3: "text" has 60001 bytes, more than 60000$/,
      [begin, first, spoilt({ text: 'x'.repeat(60_001) })],
    ],
    [/^line 3: the name "a b" /, [begin, first, spoilt({ from: 'a b' })]],
  ];
  // What was refused left nothing, so that the next finds the store as new.
  const empty = opened({ after });
  for (const [words, lines] of faults) {
    it(`is not imported, and nothing of it, if ${words.source}`, async () => {
      const store = await empty;
      await assert.rejects(importInto(store, lines), (error) => {
        assert.ok(error instanceof BanterError && error.code === 'IMPORT_INVALID', String(error));
        assert.match(error.message, words);
        return true;
      });
      assert.deepEqual((await store.load()).groups, []);
    });
  }
});

/** A server of which messages from `firstSeq` on can be read, as `Client.history` reads them. */
function historyOf(firstSeq: number, lastSeq: number) {
  const asked: HistoryOptions[] = [];
  const history = async (group: string, options: HistoryOptions = {}) => {
    asked.push(options);
    const { limit = 50, before = lastSeq + 1 } = options;
    const end = Math.min(before - 1, lastSeq);
    const begin = Math.max(firstSeq, end - limit + 1);
    return Array.from(
      { length: Math.max(0, end - begin + 1) },
      (_, at): GroupMessage => ({
        ...message(end - at),
        type: 'group',
        group,
        logId: '09',
        recovered: true,
      }),
    );
  };
  return { asked, history };
}

describe('a whole history', () => {
  for (const [first, last] of [
    [1, 1],
    [1, 256],
    [1, 257],
    [1, 1000],
    [2, 1000],
    [999, 1000],
    [1000, 1000],
    [400_000, 400_300],
  ] as const) {
    it(`is read from its oldest message on, which is ${first} of ${last}`, async () => {
      const { asked, history } = historyOf(first, last);
      const seqs: number[] = [];
      for await (const { messages, lastSeq } of wholeHistory(
        { history },
        'ops',
        new AbortController().signal,
      )) {
        assert.equal(lastSeq, last);
        seqs.push(...messages.map(({ seq }) => seq));
      }
      assert.deepEqual(
        seqs,
        Array.from({ length: last - first + 1 }, (_, at) => first + at),
      );
      assert.ok(asked.length <= 30, `${asked.length} questions`);
    });
  }

  it('of an empty group is nothing', async () => {
    const { history } = historyOf(1, 0);
    for await (const _ of wholeHistory({ history }, 'ops', new AbortController().signal)) {
      assert.fail();
    }
  });
});
