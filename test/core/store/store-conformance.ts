/** What every store that keeps groups promises, as tests to run against each of them. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type AuditEntry, auditEntriesMax } from '../../../core/chat/audit.ts';
import type { HubLimits } from '../../../core/chat/limits.ts';
import { composeMid } from '../../../core/chat/mids.ts';
import {
  nothingStored,
  type StoreChange,
  type StoredMessage,
  type StoredState,
} from '../../../core/chat/records.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import type { Store } from '../../../core/store/store.ts';
import { houseConformanceOf } from './house-conformance.ts';
import { claimRetention } from './retention-conformance.ts';
import { claimRules } from './rule-conformance.ts';

/** A store under test. */
export interface Opened {
  readonly store: Store;
  /** Closes it, and opens it again where it was. */
  reopen(): Promise<Store>;
}

/** Opens a new and empty store. */
export type OpenStore = (t: TestContext, limits?: Partial<HubLimits>) => Promise<Opened>;

const [ann, bob] = ['01'.repeat(32), '02'.repeat(32)];
const id = new Uint8Array(8).fill(7);
const nowMs = 1_700_000_000_000;
const logId = new Uint8Array(8).fill(9);

const begun: readonly StoreChange[] = [
  { type: 'nameBound', name: 'Ann', identity: ann },
  { type: 'processOpened', identity: ann, id, nextCounter: 3 },
  { type: 'nameBound', name: 'Bob', identity: bob },
  { type: 'groupCreated', group: 'Dev', logId },
  { type: 'memberJoined', group: 'Dev', name: 'Bob', ordinal: 1, seq: 0 },
  { type: 'memberJoined', group: 'Dev', name: 'Ann', ordinal: 2, seq: 0 },
];

/** What a message has of its own. */
export interface Said {
  readonly sentAtMs?: number;
  readonly text?: string;
  readonly group?: string;
  readonly counter?: number;
}

/** Message number `seq` of Ann, sent with the counter `seq + 2` unless told otherwise. */
function appended(seq: number, isHandled = true, said: Said = {}): StoreChange {
  const { text = `ü ${seq}`, group = 'Dev', counter = seq + 2, sentAtMs = 1000 } = said;
  const mid = composeMid(id, counter);
  const message = { mid, seq, from: 'Ann', bot: true, hops: 3, sentAtMs, text };
  return { type: 'messageAppended', group, identity: ann, isHandled, message };
}

/** A message as plain text can be compared. */
function plain(message: StoredMessage): unknown {
  return { ...message, mid: hex(message.mid) };
}

function messageOf(change: StoreChange): unknown {
  assert.ok(change.type === 'messageAppended');
  return plain(change.message);
}

/** The tests, for a store of that name. */
export function conformanceOf(name: string, open: OpenStore): void {
  houseConformanceOf(name, open);
  describe(`${name}, as a store,`, () => {
    it('begins with nothing', async (t) => {
      const { store } = await open(t);
      assert.equal(store.seed.length, 32);
      assert.deepEqual(await store.load(), nothingStored);
    });

    it('gives back names, groups, members and messages as they were written', async (t) => {
      const { store } = await open(t);
      await store.write(begun);
      await store.write([appended(1), appended(2)]);
      const { names, groups } = await store.load();
      assert.deepEqual(names, [
        { name: 'Ann', identity: ann },
        { name: 'Bob', identity: bob },
      ]);
      assert.equal(groups.length, 1);
      const [group] = groups;
      assert.deepEqual([group?.name, group?.headSeq], ['Dev', 2]);
      assert.deepEqual(hex(group?.logId), hex(logId));
      const said = await store.read({ group: 'Dev', afterSeq: 0, limit: 9 });
      assert.deepEqual(said.map(plain), [appended(1), appended(2)].map(messageOf));
    });

    it('knows where every member stands, in the order in which they joined', async (t) => {
      const { store } = await open(t);
      await store.write([...begun, appended(1), appended(2), appended(3, false)]);
      assert.deepEqual(membersOf(await store.load()), ['Bob 1 at 0', 'Ann 2 at 2']);
      await store.write([
        { type: 'memberConfirmed', group: 'Dev', name: 'Bob', seq: 3 },
        { type: 'memberLeft', group: 'Dev', name: 'Ann' },
      ]);
      assert.deepEqual(membersOf(await store.load()), ['Bob 1 at 3']);
      await store.write([{ type: 'memberJoined', group: 'Dev', name: 'Ann', ordinal: 3, seq: 3 }]);
      assert.deepEqual(membersOf(await store.load()), ['Bob 1 at 3', 'Ann 3 at 3']);
    });

    it('gives back none but the newest messages of a log, without a gap, and its number', async (t) => {
      const { store } = await open(t, { logMessages: 3 });
      await store.write(begun);
      for (let seq = 1; seq <= 10; seq++) await store.write([appended(seq)]);
      const [group] = (await store.load()).groups;
      assert.equal(group?.headSeq, 10);
      const seqs = group?.messages.map(({ seq }) => seq) ?? [];
      assert.deepEqual(
        seqs,
        seqs.map((_, at) => 11 - seqs.length + at),
      );
    });

    it('tells the newest sends of a process from those it cannot know', async (t) => {
      const { store } = await open(t, { sendsRemembered: 4, logMessages: 2 });
      await store.write(begun);
      assert.deepEqual(sendsOf(await store.load()), { forgottenBelow: 3, counters: [] });
      await store.write([appended(1), appended(2)]);
      assert.deepEqual(sendsOf(await store.load()), { forgottenBelow: 3, counters: [3, 4] });
      await store.write([3, 4, 5, 6].map((seq) => appended(seq)));
      const state = await store.load();
      assert.deepEqual(sendsOf(state), { forgottenBelow: 5, counters: [5, 6, 7, 8] });
      for (const { counter, seq, logId: log } of state.processes[0]?.sends ?? []) {
        assert.deepEqual([seq, hex(log)], [counter - 2, hex(logId)]);
      }
    });

    it('tells the newest of the audit trail first, and keeps as many as it says', async (t) => {
      const { store } = await open(t);
      assert.deepEqual(await store.audit({ limit: 10 }), []);
      const whole = { by: 'Ann', action: 'ban', group: 'Dev', target: 'Bob', detail: 'spam' };
      const entryAt = (atMs: number): AuditEntry =>
        atMs % 2 === 0 ? { atMs, ...whole } : { atMs, by: 'Bob', action: 'stop' };
      await store.write([1, 2, 3].map((atMs) => ({ type: 'audited', entry: entryAt(atMs) })));
      assert.deepEqual(await store.audit({ limit: 2 }), [entryAt(3), entryAt(2)]);
      const many = Array.from({ length: auditEntriesMax }, (_, index) => index + 4);
      await store.write(many.map((atMs) => ({ type: 'audited', entry: entryAt(atMs) })));
      const kept = await store.audit({ limit: auditEntriesMax });
      assert.equal(kept.length, auditEntriesMax);
      assert.deepEqual(kept.at(-1), entryAt(4));
    });

    it('reads on after any message, and tells by the numbers what was dropped', async (t) => {
      const { store } = await open(t);
      await store.write(begun);
      for (let seq = 1; seq <= 10; seq++) await store.write([appended(seq)]);
      assert.equal((await store.prune({ retention: { messages: 6 }, nowMs }))[0]?.messages, 4);
      const read = async (afterSeq: number, limit: number, group = 'Dev') =>
        (await store.read({ group, afterSeq, limit })).map(({ seq }) => seq);
      assert.deepEqual(await read(5, 3), [6, 7, 8]);
      assert.deepEqual(await read(8, 100), [9, 10]);
      assert.deepEqual(await read(0, 2), [5, 6]);
      assert.deepEqual([await read(10, 5), await read(99, 5)], [[], []]);
      assert.deepEqual(await read(0, 5, 'nowhere'), []);
      assert.deepEqual(
        (await store.read({ group: 'Dev', afterSeq: 9, limit: 1 })).map(plain),
        [appended(10)].map(messageOf),
      );
    });

    it('tells what was said last, newest first', async (t) => {
      const { store } = await open(t);
      await store.write([...begun, ...[1, 2, 3, 4, 5].map((seq) => appended(seq))]);
      const history = async (beforeSeq: number | undefined, limit: number, group = 'Dev') =>
        (await store.history({ group, beforeSeq, limit })).map(({ seq }) => seq);
      assert.deepEqual(await history(undefined, 2), [5, 4]);
      assert.deepEqual(await history(4, 2), [3, 2]);
      assert.deepEqual(await history(3, 100), [2, 1]);
      assert.deepEqual(await history(1, 5), []);
      assert.deepEqual(await history(1000, 1), [5]);
      assert.deepEqual(await history(undefined, 5, 'nowhere'), []);
      assert.deepEqual(
        (await store.history({ group: 'Dev', beforeSeq: 2, limit: 1 })).map(plain),
        [appended(1)].map(messageOf),
      );
    });

    it('finds the newest messages of a group that contain all the words', async (t) => {
      const { store } = await open(t);
      const other = new Uint8Array(8).fill(4);
      await store.write([...begun, { type: 'groupCreated', group: 'Ops', logId: other }]);
      const texts = [
        'The Server restarts at 10:30',
        'naïve café, Überall',
        "don't restart it",
        'server: "restart" NOT now',
        '日本語の検索',
        'a server',
      ];
      await store.write(texts.map((text, at) => appended(at + 1, true, { text })));
      await store.write([appended(1, false, { text: 'server here', group: 'Ops', counter: 50 })]);
      const search = async (words: string, more: { beforeSeq?: number; limit?: number } = {}) => {
        const { beforeSeq, limit = 10 } = more;
        const found = await store.search({ group: 'Dev', words, beforeSeq, limit });
        return found.map(({ seq }) => seq);
      };
      assert.deepEqual(await search('server'), [6, 4, 1]);
      assert.deepEqual(await search('SERVER restart'), [4]);
      assert.deepEqual(await search('server', { limit: 2 }), [6, 4]);
      assert.deepEqual(await search('server', { beforeSeq: 6, limit: 1 }), [4]);
      assert.deepEqual(await search('server', { beforeSeq: 1 }), []);
      assert.deepEqual(await search('cafe uberall'), [2]);
      assert.deepEqual([await search('10:30'), await search('30:10')], [[1], []]);
      assert.deepEqual([await search("don't"), await search('検索')], [[3], [5]]);
      // What means something to a search engine means nothing here.
      for (const words of ['server OR café', 'serv*', 'g:server', 'body']) {
        assert.deepEqual(await search(words), [], words);
      }
      for (const words of ['-server', '^server', '"server: "', 'server*']) {
        assert.deepEqual(await search(words), [6, 4, 1], words);
      }
      for (const words of ['', '  ', '"', '…', "'; DROP TABLE messages; --"]) {
        assert.deepEqual(await search(words), [], words);
      }
      const [found] = await store.search({
        group: 'Ops',
        words: 'here',
        beforeSeq: undefined,
        limit: 9,
      });
      assert.deepEqual([found?.seq, found?.text, found?.from], [1, 'server here', 'Ann']);
    });

    it('finds every message it keeps by its words, whatever was dropped and whenever it was opened', async (t) => {
      const { store, reopen } = await open(t);
      await store.write(begun);
      let last = 0;
      let current = store;
      const add = async (count: number): Promise<void> => {
        for (let left = count; left > 0; left--) await current.write([appended(++last)]);
      };
      const claim = async (first: number): Promise<void> => {
        const query = { group: 'Dev', words: 'ü', beforeSeq: undefined, limit: 1000 };
        const found = (await current.search(query)).map(({ seq }) => seq);
        assert.deepEqual(
          found,
          Array.from({ length: last - first + 1 }, (_, at) => last - at),
        );
      };
      const prune = (messages: number): unknown =>
        current.prune({ retention: { messages }, nowMs });
      await add(70);
      await prune(3);
      await claim(68);
      await add(2);
      await prune(1);
      current = await reopen();
      await add(1);
      await claim(72);
      await prune(0);
      await add(66);
      current = await reopen();
      await claim(74);
    });

    claimRules(open, begun, [appended(1), appended(2)]);
    claimRetention(open, begun, appended);

    it('finds everything as it was when it is opened again', async (t) => {
      const { store, reopen } = await open(t);
      await store.write([...begun, appended(1), appended(2, false)]);
      await store.write([
        { type: 'memberConfirmed', group: 'Dev', name: 'Bob', seq: 1 },
        { type: 'retentionSet', group: 'Dev', retention: { messages: 5, ageMs: 1000 } },
        { type: 'audited', entry: { atMs: 1, by: 'Ann', action: 'ban' } },
      ]);
      const before = await store.load();
      const trail = await store.audit({ limit: 5 });
      const again = await reopen();
      assert.deepEqual(await again.load(), before);
      assert.deepEqual(again.seed, store.seed);
      assert.deepEqual(await again.audit({ limit: 5 }), trail);
      assert.deepEqual(before.groups[0]?.retention, { messages: 5, ageMs: 1000 });
      await again.write([appended(3)]);
      const query = { group: 'Dev', words: 'ü', beforeSeq: undefined, limit: 9 };
      assert.deepEqual(
        (await again.search(query)).map(({ seq }) => seq),
        [3, 2, 1],
      );
    });

    it('keeps every text as it is', async (t) => {
      const { store } = await open(t);
      const texts = ['', 'a\0b', '\u{1f469}\u200d\u{1f680} é e\u0301', 'x'.repeat(60_000), "'; --"];
      await store.write([...begun, ...texts.map((text, at) => appended(at + 1, true, { text }))]);
      const kept = await store.read({ group: 'Dev', afterSeq: 0, limit: 9 });
      assert.deepEqual(
        kept.map(({ text }) => text),
        texts,
      );
    });

    it('counts what it keeps', async (t) => {
      const { store } = await open(t);
      await store.write([...begun, appended(1), appended(2), appended(3)]);
      await store.prune({ retention: { messages: 2 }, nowMs });
      const { bytes, groups, ...counts } = await store.stats();
      assert.deepEqual(counts, { names: 2, processes: 1, messages: 2 });
      const [{ bytes: ofGroup, ...group } = assert.fail()] = groups;
      assert.deepEqual(group, { name: 'Dev', members: 2, headSeq: 3, messages: 2 });
      assert.ok(bytes > 0 && ofGroup > 0);
    });

    it('keeps what waits for somebody until it is settled, and then what became of it', async (t) => {
      const { store } = await open(t);
      const envelopes = [1, 2].map((number) => ({
        id: number,
        from: 'Ann',
        to: 'Bob',
        mid: composeMid(id, number),
        storedAtMs: 1_700_000_000_000 + number,
        sealed: Uint8Array.of(0, 255, number),
      }));
      await store.write(envelopes.map((envelope) => ({ type: 'envelopeStored', envelope })));
      assert.deepEqual(mailOf(await store.load()), [
        [
          '1 Ann Bob 07070707070707070000000000000001 1700000000001 00ff01',
          '2 Ann Bob 07070707070707070000000000000002 1700000000002 00ff02',
        ],
        [],
      ]);
      await store.write([{ type: 'envelopeSettled', id: 2, outcome: 'refused' }]);
      await store.write([{ type: 'envelopeSettled', id: 1, outcome: 'expired' }]);
      // A settlement that comes again after a crash changes nothing.
      await store.write([{ type: 'envelopeSettled', id: 2, outcome: 'delivered' }]);
      assert.deepEqual(mailOf(await store.load()), [
        [],
        [
          '2 Ann Bob 07070707070707070000000000000002 refused',
          '1 Ann Bob 07070707070707070000000000000001 expired',
        ],
      ]);
      await store.write([{ type: 'outcomeForgotten', id: 2 }]);
      await store.write([{ type: 'outcomeForgotten', id: 1 }]);
      assert.deepEqual(mailOf(await store.load()), [[], []]);
    });

    it('forgets a process', async (t) => {
      const { store } = await open(t);
      await store.write([...begun, appended(1)]);
      await store.write([{ type: 'processForgotten', identity: ann, id }]);
      assert.deepEqual((await store.load()).processes, []);
    });
  });
}

function hex(bytes: Uint8Array | undefined): string {
  return toHex(bytes ?? new Uint8Array());
}

function mailOf({ envelopes, outcomes }: StoredState): readonly (readonly string[])[] {
  return [
    envelopes.map(({ id: number, from, to, mid, storedAtMs, sealed }) =>
      [number, from, to, hex(mid), storedAtMs, hex(sealed)].join(' '),
    ),
    outcomes.map(({ id: number, from, to, mid, outcome }) =>
      [number, from, to, hex(mid), outcome].join(' '),
    ),
  ];
}

function membersOf({ groups }: StoredState): readonly string[] {
  return (groups[0]?.members ?? []).map(
    ({ name, ordinal, confirmedSeq }) => `${name} ${ordinal} at ${confirmedSeq}`,
  );
}

function sendsOf({ processes }: StoredState): unknown {
  assert.equal(processes.length, 1);
  const [process] = processes;
  assert.deepEqual([process?.identity, hex(process?.id)], [ann, hex(id)]);
  const counters = process?.sends.map(({ counter }) => counter).toSorted((a, b) => a - b);
  return { forgottenBelow: process?.forgottenBelow, counters };
}
