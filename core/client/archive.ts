/** What was said in a group, as the server has it: newest first, page by page. */

import type { GroupMessage } from '../chat/types.ts';
import { pageMessagesMax, wordsFault } from '../chat/wire-history.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import { toHex } from '../protocol/bytes.ts';
import type { Memberships } from './memberships.ts';
import type { HistoryOptions } from './options.ts';
import { askWithinRate } from './pacing.ts';
import type { AnswerOf, RequestBody } from './requests.ts';

/** Messages of a group, newest first. */
export type GroupMessages = readonly GroupMessage[];

export interface ArchiveOptions {
  readonly environment: Environment;
  readonly memberships: Memberships;
  /** Asks the server for a page. */
  readonly ask: (
    body: RequestBody,
    type: 'messageList',
    signal?: AbortSignal,
  ) => Promise<AnswerOf<'messageList'>>;
}

/** How many messages are read unless a limit is given. */
const limitDefault = 50;

/** The most that are read in one call. */
const limitMax = 10_000;

/** A request before it is said which page is meant. */
type Question =
  | { readonly type: 'history'; readonly group: string }
  | { readonly type: 'search'; readonly group: string; readonly words: string };

export class Archive {
  readonly #options: ArchiveOptions;

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  /** See `Client.history`. */
  async history(group: string, options: HistoryOptions): Promise<GroupMessages> {
    return this.#read({ type: 'history', group }, options);
  }

  /** See `Client.search`. */
  async search(group: string, words: string, options: HistoryOptions): Promise<GroupMessages> {
    const fault = wordsFault(words);
    if (fault !== undefined) throw new BanterError('SEARCH_INVALID', fault, { data: { words } });
    return this.#read({ type: 'search', group, words }, options);
  }

  async #read(question: Question, options: HistoryOptions): Promise<GroupMessages> {
    const { environment, memberships, ask } = this.#options;
    const { limit = limitDefault, before, signal } = options;
    checkNumber('limit', limit, limitMax);
    if (before !== undefined) checkNumber('before', before, Number.MAX_SAFE_INTEGER);
    const group = memberships.find(question.group) ?? question.group;
    const messages: GroupMessage[] = [];
    let beforeSeq = before ?? 0;
    do {
      const asked = Math.min(limit - messages.length, pageMessagesMax);
      const body = { ...question, beforeSeq, limit: asked };
      const page = await askWithinRate(environment, () => ask(body, 'messageList', signal), signal);
      const logId = toHex(page.logId);
      for (const { mid, ...message } of page.messages) {
        const place = { group, logId, recovered: true } as const;
        messages.push({ type: 'group', mid: toHex(mid), ...message, ...place });
      }
      // A server that goes round in circles would be asked for ever.
      if (beforeSeq !== 0 && page.next >= beforeSeq) break;
      beforeSeq = page.next;
    } while (beforeSeq !== 0 && messages.length < limit);
    return messages.slice(0, limit);
  }
}

function checkNumber(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new BanterError(
    'OPTION_INVALID',
    `${name} is ${value}, not a whole number from 1 to ${max}`,
    {
      data: { name, value },
    },
  );
}
