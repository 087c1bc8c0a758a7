/** What plugins send: once for each key, whoever dies meanwhile. */

import type { Receipt } from '../core/client-api.ts';
import { BanterError, type ErrorCode } from '../core/error-api.ts';
import type { SendingAction } from './bridge.ts';
import type { Clock } from './clock.ts';
import type { PluginDatabase } from './database.ts';
import type { PluginClient } from './feed.ts';
import type { JobOwner } from './job-table.ts';
import type { PluginKey } from './keeper-table.ts';
import type { SentRow } from './sent-table.ts';

/** Messages of a group that are looked through for one of which nobody knows whether it was sent. */
const lookedThroughMax = 1000;

/** How much two clocks may differ: the history is in the server's time. Milliseconds. */
const skewMs = 3_600_000;

/** After these a message may have arrived all the same. */
const unknownOutcomes: ReadonlySet<ErrorCode> = new Set([
  'OUTCOME_UNKNOWN',
  'CONNECTION_LOST',
  'TIMED_OUT',
  'CLOSED',
  'PEER_UNREACHABLE',
]);

export interface SendingOptions {
  readonly client: PluginClient;
  /** The client by name and server: another one may share the folder. */
  readonly owner: string;
  readonly database: PluginDatabase;
  readonly clock: Clock;
}

/**
 * A key is written down before its message is sent, with the id under which a group would have it. Whoever comes back with
 * the key gets the receipt, or has the group's history asked. Of a private message nobody can be asked: it is not sent again.
 */
export class Sending {
  readonly #options: SendingOptions;
  /** By plugin and key. As many as plugins may send in a minute or so. */
  readonly #underWay = new Map<string, Promise<Receipt>>();

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /** Rejects as the client does, with OUTCOME_UNKNOWN for a key of which nobody knows, and as `PluginDatabase.run`. */
  async send(plugin: PluginKey, action: SendingAction): Promise<Receipt> {
    const { key } = action;
    if (key === undefined) return this.#transmit(plugin.plugin, action);
    const id = `${plugin.plugin} ${key}`;
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) return underWay;
    const sending = this.#sendOnce(plugin, key, action);
    this.#underWay.set(id, sending);
    try {
      return await sending;
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #sendOnce(plugin: PluginKey, key: string, action: SendingAction): Promise<Receipt> {
    const { database, clock, owner: client } = this.#options;
    const owner: JobOwner = { client, ...plugin };
    const begin = (mid: string): Promise<void> =>
      database.run(({ sent }) => sent.begin(owner, key, mid, clock.wallClockMs()));
    const before = await database.run(({ sent }) => sent.find(owner, key));
    const known = before && (await this.#outcome(action, before));
    if (known !== undefined) {
      await database.run(({ sent }) => sent.settle(owner, key, JSON.stringify(known)));
      return known;
    }
    if (action.type === 'sendPrivate') await begin('');
    try {
      const receipt = await this.#transmit(plugin.plugin, action, begin);
      // Nobody waits for this: whoever finds the key without it asks the history.
      database.run(({ sent }) => sent.settle(owner, key, JSON.stringify(receipt))).catch(() => {});
      return receipt;
    } catch (error) {
      if (!(error instanceof BanterError && unknownOutcomes.has(error.code))) {
        await database.run(({ sent }) => sent.forget(owner, key));
      }
      throw error;
    }
  }

  /** What became of a message that was about to be sent; undefined if it was not. @throws BanterError */
  async #outcome(action: SendingAction, row: SentRow): Promise<Receipt | undefined> {
    // This very table has written it from a receipt.
    if (row.receipt !== '') return JSON.parse(row.receipt) as Receipt;
    if (action.type === 'sendPrivate') {
      throw new BanterError(
        'OUTCOME_UNKNOWN',
        'a private message of this key was under way when the client ended',
      );
    }
    const { group } = action;
    const messages = await this.#options.client.history(group, { limit: lookedThroughMax });
    const found = messages.find(({ mid }) => mid === row.mid);
    if (found !== undefined) {
      const { mid, logId, seq } = found;
      return { type: 'committed', mid, group: found.group, logId, seq, durable: false };
    }
    const oldest = messages.at(-1);
    const isWhole = messages.length < lookedThroughMax || oldest === undefined;
    if (isWhole || oldest.sentAtMs < row.atMs - skewMs) return undefined;
    throw new BanterError(
      'OUTCOME_UNKNOWN',
      `a message of this key to #${group} was under way when the client ended, and too much was said since`,
    );
  }

  #transmit(
    plugin: string,
    action: SendingAction,
    onPrepared?: (mid: string) => Promise<void>,
  ): Promise<Receipt> {
    const { client } = this.#options;
    const { hops, text } = action;
    const options = { hops, origin: plugin };
    if (action.type === 'sendPrivate') return client.send(action.to, text, options);
    return client.sendGroup(action.group, text, {
      ...options,
      ...(onPrepared === undefined ? {} : { onPrepared }),
    });
  }
}
