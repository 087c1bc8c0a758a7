/** The capability `history`: what was said before in groups of the client. */

import type { GroupMessage } from '../core/client-api.ts';
import type { Action } from './bridge.ts';
import type { PluginClient } from './feed.ts';
import { limits } from './limits.ts';

type HistoryAction = Extract<Action, { readonly type: 'history' }>;

/** Messages of one page that the server is asked for; so many count for one look. */
const pageMessages = 50;

/** How many looks a request counts for. */
export function looksOf({ limit }: HistoryAction): number {
  return Math.ceil(limit / pageMessages);
}

/** Newest first, and no more than fits into an isolate: at least one, if there is any. Rejects as the client does. */
export async function readPast(
  client: Pick<PluginClient, 'history' | 'search'>,
  { group, limit, before, query }: HistoryAction,
): Promise<readonly GroupMessage[]> {
  const options = { limit, ...(before === undefined ? {} : { before }) };
  const messages = await (query === ''
    ? client.history(group, options)
    : client.search(group, query, options));
  let characters = 0;
  const beyond = messages.findIndex(({ text }, at) => {
    characters += text.length;
    return at > 0 && characters > limits.historyCharactersMax;
  });
  return beyond < 0 ? messages : messages.slice(0, beyond);
}
