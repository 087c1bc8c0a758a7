/** The plugin's side of sending, and of the history. Runs in isolates only. */

import type { GroupMessage, PrivateMessage, Receipt } from '../../core/client-api.ts';
import { limits } from '../limits.ts';
import type {
  Incoming,
  NotSent,
  PluginHistory,
  PluginSendOptions,
  SendReceipt,
  SendTarget,
} from '../sdk.ts';
import { optional, type Requests } from './requests.ts';
import type { Cause } from './tracer.ts';

const keyCharactersMax = 150;

/** Sends what the plugin says, with what can be known of it. */
export class SendingInside {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** `ctx.send`. */
  send(
    target: SendTarget,
    text: string,
    cause: Cause,
    { idempotencyKey }: PluginSendOptions = {},
  ): Promise<SendReceipt> {
    const key = idempotencyKey === undefined ? undefined : `send ${checkedKey(idempotencyKey)}`;
    return optional(this.#send(target, text, cause, key));
  }

  /**
   * A message with the means to answer it. Where it may be handled again, `source` names who handles it, and answers have
   * keys: that of its first answer to the message is always the same.
   */
  answerable<M extends GroupMessage | PrivateMessage>(
    message: M,
    cause: Cause,
    source: string | undefined,
  ): Incoming<M> {
    const target = message.type === 'group' ? { group: message.group } : { to: message.from };
    let answers = 0;
    const reply = (text: string): Promise<SendReceipt> => {
      answers += 1;
      const key = source === undefined ? undefined : `reply ${message.mid} ${source} ${answers}`;
      return optional(this.#send(target, text, cause, key));
    };
    return { ...message, reply };
  }

  async #send(
    target: SendTarget,
    text: string,
    cause: Cause,
    key: string | undefined,
  ): Promise<SendReceipt> {
    const said = { text: `${text}`, key, ...cause };
    const receipt: Receipt | NotSent =
      'group' in target
        ? await this.#requests.ask('sendGroup', { group: `${target.group}`, ...said })
        : await this.#requests.ask('sendPrivate', { to: `${target.to}`, ...said });
    const delivered = (): Promise<boolean> =>
      receipt.type === 'stored'
        ? optional(this.#requests.ask('arrival', { mid: receipt.mid }))
        : Promise.resolve(receipt.type !== 'notSent');
    return { ...receipt, delivered };
  }
}

/** Makes `ctx.history`. */
export function makeHistory(requests: Requests): PluginHistory {
  return async (group, { limit = 50, before, query = '' } = {}) => {
    const max = limits.historyMessagesMax;
    if (!Number.isInteger(limit) || limit < 1 || limit > max) {
      throw new RangeError(`ctx.history: limit is 1 to ${max}, not ${limit}`);
    }
    if (before !== undefined && (!Number.isSafeInteger(before) || before < 1)) {
      throw new RangeError(`ctx.history: before is the place of a message, not ${before}`);
    }
    if (typeof query !== 'string' || query.length > 1000) {
      throw new TypeError('ctx.history: query is a text of at most 1000 characters');
    }
    return requests.ask('history', { group: `${group}`, limit, before, query });
  };
}

/** @throws TypeError */
function checkedKey(key: string): string {
  if (typeof key === 'string' && key.length <= keyCharactersMax && /^[^\p{Cc}\p{Cs}]+$/u.test(key))
    return key;
  throw new TypeError(
    `ctx.send: idempotencyKey is a text of 1 to ${keyCharactersMax} characters on one line`,
  );
}
