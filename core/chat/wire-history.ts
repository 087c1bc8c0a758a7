/** What a member asks of what was said in its group, and the answer (docs/PROTOCOL.md §7). */

import { listOf, text, varint } from '../protocol/codec.ts';
import type { StoredMessage } from './records.ts';
import { saidField } from './said.ts';
import { body, name, random8, requestId, type TablesOf } from './wire-fields.ts';

/** How many messages one page of a history or a search holds; a page then fits one message. */
export const pageMessagesMax: number = 64;

/** Bytes of UTF-8 in what is searched for. */
export const wordsBytesMax: number = 256;

/** Both are answered by `messageList`: messages before `beforeSeq`, or the newest for 0; at most `limit` of them, and a page. */
export type HistoryRequest =
  | {
      readonly type: 'history';
      readonly requestId: number;
      readonly group: string;
      readonly beforeSeq: number;
      readonly limit: number;
    }
  /** Only those that contain all the words. */
  | {
      readonly type: 'search';
      readonly requestId: number;
      readonly group: string;
      readonly words: string;
      readonly beforeSeq: number;
      readonly limit: number;
    };

/** Newest first; `next` as `beforeSeq` asks for the page after this one, which may be empty; 0 for the end. */
export type HistoryNews = {
  readonly type: 'messageList';
  readonly requestId: number;
  readonly logId: Uint8Array;
  readonly messages: readonly StoredMessage[];
  readonly next: number;
};

/** Why nothing can be sought by such words; undefined if it can. */
export function wordsFault(words: string): string | undefined {
  const bytes = new TextEncoder().encode(words).length;
  if (bytes > wordsBytesMax) {
    return `what to search for has ${bytes} bytes, more than ${wordsBytesMax}`;
  }
  if (!/[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(words)) {
    return 'there is no word to search for';
  }
  return undefined;
}

// Wider than what may be sought, so that words that are too many can be refused by name.
const words = text(1024);
const place = { beforeSeq: varint, limit: varint };

export const historyRequests: TablesOf<HistoryRequest> = {
  history: { number: 14, fields: { requestId, group: name, ...place } },
  search: { number: 15, fields: { requestId, group: name, words, ...place } },
};

export const historyNews: TablesOf<HistoryNews> = {
  messageList: {
    number: 10,
    fields: {
      requestId,
      logId: random8,
      messages: listOf(saidField(body), pageMessagesMax),
      next: varint,
    },
  },
};
