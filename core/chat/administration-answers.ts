/** What the requests of operators have in common: whom they mean, what is written down, and what is said. */

import { fromHex } from '../protocol/bytes.ts';
import type { Caller, CommandParts } from './command.ts';
import type { Refusal } from './effects.ts';
import type { StoredKey } from './house.ts';

/** The key that is meant by a name or a key, with the name if one was given. */
export function findTarget(
  { doorkeeper, directory }: CommandParts,
  who: string,
): StoredKey | Refusal {
  const identity = doorkeeper.keyOf(who);
  if (identity === undefined) return userUnknown(who);
  const entry = directory.find(who);
  return { identity, name: entry?.key === identity ? entry.name : '' };
}

/** A key of a list by the name that it had: somebody whose name was released since. */
export function identityNamed(keys: Iterable<StoredKey>, who: string): string | undefined {
  for (const { identity, name } of keys) if (name === who) return identity;
  return undefined;
}

/** Writes down what an operator does; what is said afterwards waits until it is stored. */
export function audit(
  { effects, wallClock }: CommandParts,
  { session, now }: Caller,
  action: string,
  target?: string,
  detail?: string,
): void {
  const entry = {
    atMs: wallClock(now),
    by: session.name,
    action,
    ...(target === undefined ? {} : { target }),
    ...(detail === undefined || detail === '' ? {} : { detail }),
  };
  effects.store({ type: 'audited', entry });
  effects.fact({ type: 'audited', entry });
}

/** Answers a request that needs no other answer. */
export function done({ effects }: CommandParts, { link }: Caller, requestId: number): undefined {
  effects.send(link, { type: 'done', requestId });
}

/** A page of a list, and what asks for the next one. */
export function pageOf<Item>(
  items: ReadonlyMap<string, Item>,
  after: number,
  count: number,
): { readonly items: readonly Item[]; readonly next: number } {
  const end = after + count;
  return { items: [...items.values()].slice(after, end), next: end < items.size ? end : 0 };
}

/** A key as it goes on the wire. */
export function keyField({ identity, name }: StoredKey): {
  readonly key: Uint8Array;
  readonly name: string;
} {
  return { key: bytesOf(identity), name };
}

/** Hex digits of our own making. */
export function bytesOf(digits: string): Uint8Array {
  return fromHex(digits) ?? new Uint8Array();
}

/** What is said of what is not there to be taken away. */
export function notListed(who: string, what: string): Refusal {
  return { code: 'NOT_LISTED', detail: `"${who}" is ${what}` };
}

/** What is said of a name that nobody has. */
export function userUnknown(name: string): Refusal {
  return { code: 'USER_UNKNOWN', detail: `there is no user "${name}"` };
}
