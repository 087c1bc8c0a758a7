/** Sees what a server stores, and knows from that who is to hear what. */

import { MemoryStore, type StoreChange } from '../../core/server-api.ts';

type Appended = Extract<StoreChange, { readonly type: 'messageAppended' }>;

/** Told of every message of a group once it has its place. */
export type MessageListener = (group: string, message: Appended['message']) => void;

interface Log {
  /** All that was said: what a test says is little. */
  readonly messages: { readonly seq: number; readonly from: string }[];
  /** The number up to which each member has nothing to hear: from before it joined, or handled. */
  readonly members: Map<string, number>;
}

/** The store of the test world's server. */
export class WitnessStore extends MemoryStore {
  readonly #onMessage: MessageListener;
  readonly #logs = new Map<string, Log>();
  /** Private messages that wait for somebody, by their number. */
  readonly #envelopes = new Map<number, string>();

  constructor(seed: Uint8Array, logMessages: number | undefined, onMessage: MessageListener) {
    super(seed, logMessages === undefined ? {} : { logMessages });
    this.#onMessage = onMessage;
  }

  override write(changes: readonly StoreChange[]): undefined {
    super.write(changes);
    for (const change of changes) this.#note(change);
  }

  /** The newest number that a member has to hear and has not said to have handled; 0 where there is none. */
  dueSeq(group: string, name: string): number {
    const log = this.#logs.get(group);
    const after = log?.members.get(name);
    if (log === undefined || after === undefined) return 0;
    const last = log.messages.findLast(({ from }) => from !== name);
    return last !== undefined && last.seq > after ? last.seq : 0;
  }

  /** Whether private messages are kept for somebody. */
  hasMailFor(name: string): boolean {
    return [...this.#envelopes.values()].includes(name);
  }

  #note(change: StoreChange): void {
    if (change.type === 'groupCreated') {
      this.#logs.set(change.group, { messages: [], members: new Map() });
    } else if (change.type === 'memberJoined' || change.type === 'memberConfirmed') {
      this.#logs.get(change.group)?.members.set(change.name, change.seq);
    } else if (change.type === 'memberLeft') {
      this.#logs.get(change.group)?.members.delete(change.name);
    } else if (change.type === 'messageAppended') {
      this.#logs.get(change.group)?.messages.push(change.message);
      this.#onMessage(change.group, change.message);
    } else if (change.type === 'envelopeStored') {
      this.#envelopes.set(change.envelope.id, change.envelope.to);
    } else if (change.type === 'envelopeSettled') {
      this.#envelopes.delete(change.id);
    }
  }
}
