/** A hub that ann runs, with bob and carl in a group, and everybody's keys as people write them. */

import type { HubOptions } from '../../../core/chat/hub.ts';
import { nothingStored, type StoredState } from '../../../core/chat/records.ts';
import { fromHex, toHex } from '../../../core/protocol/bytes.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { type Asked, identity, outcome, type TestClient, World } from './world.ts';

/** The key of a person, 64 hex digits. */
export function keyOf(person: number): string {
  return toHex(identity(person));
}

export interface House {
  readonly world: World;
  /** Person 1, an operator by configuration. */
  readonly ann: TestClient;
  /** Person 2, a member of "g". */
  readonly bob: TestClient;
  /** Person 3, a member of "g". */
  readonly carl: TestClient;
}

export function house(options: Partial<HubOptions> = {}): House {
  const world = new World({ operators: [keyOf(1)], ...options });
  const [ann, bob, carl] = [world.join('ann', 1), world.join('bob', 2), world.join('carl', 3)];
  ann.ask({ type: 'createGroup', group: 'g' });
  for (const client of [bob, carl]) client.ask({ type: 'joinGroup', group: 'g' });
  return { world, ann, bob, carl };
}

/** What a store makes of everything that was to be stored: what the next hub starts with. */
export async function storedOf(world: World): Promise<StoredState> {
  const store = new MemoryStore(new Uint8Array(32));
  await store.write(world.changes);
  return { ...nothingStored, ...(await store.load()) };
}

/** Makes an invitation. @returns its token */
export function invite(operator: TestClient, uses = 1, days = 1): Uint8Array {
  const answer = operator.ask({ type: 'createInvitation', uses, days, note: '' });
  if (answer?.type !== 'invitationCreated') throw new Error(`not invited: ${outcome(answer)}`);
  return answer.token;
}

/** Closes a house to whoever has no name yet. */
export function closeTo(operator: TestClient, access: 'allow-list' | 'invitation'): void {
  operator.ask({ type: 'setAccess', access, admitsKnown: true });
}

/** A request for each type that only operators may make, granted in a {@link house}. */
export const requests: readonly Asked[] = [
  { type: 'listOperators' },
  { type: 'addOperator', who: 'bob' },
  { type: 'removeOperator', who: 'dora' },
  { type: 'listAccounts', prefix: '', after: 0 },
  { type: 'evict', name: 'carl', reason: '' },
  { type: 'banKey', who: 'carl', reason: '' },
  { type: 'unbanKey', who: 'frank' },
  { type: 'listBannedKeys', after: 0 },
  { type: 'releaseName', name: 'frank' },
  { type: 'setAccess', access: 'open', admitsKnown: false },
  { type: 'listAdmissions', after: 0 },
  { type: 'allow', who: 'carl' },
  { type: 'disallow', who: 'erin' },
  { type: 'createInvitation', uses: 1, days: 1, note: 'for the lab' },
  { type: 'listInvitations', after: 0 },
  { type: 'revokeInvitation', invitation: fromHex('01020304') ?? new Uint8Array() },
  { type: 'readAudit', after: 0 },
  { type: 'announce', text: 'lunch' },
];
