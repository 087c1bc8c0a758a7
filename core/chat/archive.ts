/** The requests of members about what was said: pages of a group's history, and of what a search finds in it. */

import { type Asked, type Caller, type CommandParts, findMembership } from './command.ts';
import type { Effects, Refusal } from './effects.ts';
import type { FoundMessages, Queries, StoreQuery } from './queries.ts';
import type { StoredMessage } from './records.ts';
import type { Link, Membership } from './sessions.ts';
import { serverCodec } from './wire.ts';
import { pageMessagesMax, wordsFault } from './wire-history.ts';

/** Requests under way at a time of one connection: nobody takes all the places. */
export const queriesPerLink: number = 2;

/** Bytes of a page, with all its messages; the longest message fits. */
export const pageBytesMax: number = 64_000;

/** A question about a group that is to be answered with a page. */
type PageQuery = Extract<StoreQuery, { readonly type: 'history' | 'search' }>;

/** Asks the store for pages, a few at a time. */
export class Archive {
  readonly #effects: Effects;
  readonly #queries: Queries;
  readonly #queriesMax: number;
  /** Whose requests are under way, each as often as it has some. */
  #askers: readonly Link[] = [];

  constructor(effects: Effects, queries: Queries, queriesMax: number) {
    this.#effects = effects;
    this.#queries = queries;
    this.#queriesMax = queriesMax;
  }

  /** Answers in time, if the caller is there and a member still. */
  ask(
    caller: Caller,
    requestId: number,
    membership: Membership,
    query: PageQuery,
  ): Refusal | undefined {
    const { link } = caller;
    const own = this.#askers.filter((asker) => asker === link).length;
    if (own >= queriesPerLink || this.#askers.length >= this.#queriesMax) {
      return { code: 'RATE_LIMITED', detail: 'too many questions about histories at a time' };
    }
    this.#askers = [...this.#askers, link];
    this.#queries.ask(query, (found) => {
      this.#askers = this.#askers.toSpliced(this.#askers.indexOf(link), 1);
      if (!link.isUp || link.registration === undefined) return;
      const refusal = this.#answer(caller, requestId, membership, query, found);
      if (refusal !== undefined) this.#effects.refuse(link, requestId, refusal);
    });
    return undefined;
  }

  #answer(
    { link, session }: Caller,
    requestId: number,
    { group }: Membership,
    query: PageQuery,
    found: FoundMessages,
  ): Refusal | undefined {
    // It may have left meanwhile, or been put out.
    if (!session.memberships.has(group.key)) {
      return { code: 'NOT_MEMBER', detail: `not a member of "${group.name}" any more` };
    }
    if (found === undefined) {
      const detail = `what was said in "${group.name}" cannot be read at present`;
      return { code: 'HISTORY_UNREADABLE', detail };
    }
    const { logId } = group;
    const page = { type: 'messageList', requestId, logId, ...pageOf(found, query.limit) } as const;
    this.#effects.send(link, page);
    return undefined;
  }
}

/** Tells a page of what was said. */
export function history(
  { archive }: CommandParts,
  caller: Caller,
  { requestId, group: name, beforeSeq, limit }: Asked<'history'>,
): Refusal | undefined {
  const membership = findMembership(caller, name);
  if ('code' in membership) return membership;
  const query = { type: 'history', ...placeOf(membership, beforeSeq, limit) } as const;
  return archive.ask(caller, requestId, membership, query);
}

/** Tells a page of what was said with certain words. */
export function search(
  { archive }: CommandParts,
  caller: Caller,
  { requestId, group: name, words, beforeSeq, limit }: Asked<'search'>,
): Refusal | undefined {
  const membership = findMembership(caller, name);
  if ('code' in membership) return membership;
  const fault = wordsFault(words);
  if (fault !== undefined) return { code: 'SEARCH_INVALID', detail: fault };
  const query = { type: 'search', words, ...placeOf(membership, beforeSeq, limit) } as const;
  return archive.ask(caller, requestId, membership, query);
}

function placeOf({ group }: Membership, beforeSeq: number, limit: number) {
  return {
    group: group.name,
    beforeSeq: beforeSeq === 0 ? undefined : beforeSeq,
    limit: Math.min(Math.max(limit, 1), pageMessagesMax),
  };
}

/** As much of what was found as fits one message. */
function pageOf(
  found: readonly StoredMessage[],
  limit: number,
): { readonly messages: readonly StoredMessage[]; readonly next: number } {
  let bytes = 0;
  const messages: StoredMessage[] = [];
  for (const message of found) {
    bytes += serverCodec.encode({ type: 'groupMessage', ...message }).length;
    if (bytes > pageBytesMax && messages.length > 0) break;
    messages.push(message);
  }
  const isEnd = messages.length === found.length && found.length < limit;
  return { messages, next: isEnd ? 0 : (messages.at(-1)?.seq ?? 0) };
}
