/** What the databases of earlier versions hold, beside what a version brought of its own. */

import { composeMid } from '../../../../core/chat/mids.ts';
import type { StoreChange } from '../../../../core/chat/records.ts';

const identity = 'ab'.repeat(32);
const id = new Uint8Array(8).fill(7);

/** As many changes as the first version knew. */
export const story: readonly StoreChange[] = [
  { type: 'nameBound', name: 'Ann', identity },
  { type: 'nameBound', name: 'Bob', identity: 'cd'.repeat(32) },
  { type: 'processOpened', identity, id, nextCounter: 1 },
  { type: 'groupCreated', group: 'Dev', logId: new Uint8Array(8).fill(9) },
  { type: 'memberJoined', group: 'Dev', name: 'Ann', ordinal: 1, seq: 0 },
  { type: 'memberJoined', group: 'Dev', name: 'Bob', ordinal: 2, seq: 0 },
  said(1, 'the first of all'),
  said(2, "it's 10:30; naive"),
  { type: 'memberConfirmed', group: 'Dev', name: 'Bob', seq: 1 },
  { type: 'retentionSet', group: 'Dev', retention: { messages: 1000 } },
  { type: 'audited', entry: { atMs: 1, by: 'Ann', action: 'ban', target: 'Bob' } },
];

function said(seq: number, text: string): StoreChange {
  const told = { from: 'Ann', bot: false, hops: 0, sentAtMs: 1_700_000_000_000 + seq, text };
  const message = { mid: composeMid(id, seq), seq, ...told };
  return { type: 'messageAppended', group: 'Dev', identity, message, isHandled: true };
}
