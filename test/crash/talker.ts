/** A real client that talks without end and writes down what it was told, whatever becomes of its server. */

import { Client } from '../../core/client/client.ts';
import { BanterError } from '../../core/errors.ts';

/** What became of a message; without a receipt nobody knows whether it has a place. */
export interface Said {
  readonly group: string;
  readonly text: string;
  readonly receipt: { readonly seq: number; readonly durable: boolean } | undefined;
}

/** A message of somebody else, in the order of arrival. */
export interface Heard {
  readonly group: string;
  readonly seq: number;
  readonly from: string;
  readonly text: string;
}

/** A client waits so long for a server that is away. Milliseconds. */
const silenceMs = 30_000;

/** What a client says whose server was away for longer than it is patient. */
const fatesUnknown: ReadonlySet<string> = new Set(['CONNECTION_LOST', 'OUTCOME_UNKNOWN']);

/** Messages that one talker has under way in each group. */
const lanes = 3;

export class Talker {
  readonly name: string;
  readonly said: Said[] = [];
  readonly heard: Heard[] = [];
  /** Faults that are none of the chat's, by code. */
  readonly faults: string[] = [];
  readonly #client: Client;
  readonly #onNews: () => void;
  #talking: Promise<unknown> = Promise.resolve();
  #isTalking = true;
  #counter = 0;

  private constructor(name: string, client: Client, onNews: () => void) {
    this.name = name;
    this.#client = client;
    this.#onNews = onNews;
    client.on('messageReceived', (message) => {
      if (message.type !== 'group') return;
      const { group, seq, from, text } = message;
      this.heard.push({ group, seq, from, text });
      onNews();
    });
    client.on('gapFound', (group, count) => this.faults.push(`a gap of ${count} in ${group}`));
    client.on('groupLost', (group, reason) => this.faults.push(`lost ${group}: ${reason}`));
    client.on('closed', (error) => {
      if (error !== undefined) this.faults.push(`closed: ${error.message}`);
    });
  }

  /**
   * Connects; it talks once {@link begin} is called.
   * @param onNews called for each message heard and each acknowledgement
   */
  static async connect(name: string, server: string, onNews: () => void): Promise<Talker> {
    return new Talker(name, await Client.connect({ name, server, silenceMs }), onNews);
  }

  get client(): Client {
    return this.#client;
  }

  begin(groups: readonly string[]): void {
    const places = groups.flatMap((group) => Array.from({ length: lanes }, () => group));
    this.#talking = Promise.all(places.map((group) => this.#talk(group)));
  }

  /** Resolves when everything that was said has its answer. */
  async finish(): Promise<void> {
    this.#isTalking = false;
    await this.#talking;
  }

  async #talk(group: string): Promise<void> {
    while (this.#isTalking) {
      const text = `${this.name} says ${++this.#counter}`;
      this.said.push({ group, text, receipt: await this.#say(group, text) });
      this.#onNews();
    }
  }

  async #say(group: string, text: string): Promise<Said['receipt']> {
    try {
      const { seq, durable } = await this.#client.sendGroup(group, text);
      return { seq, durable };
    } catch (error) {
      if (!(error instanceof BanterError)) throw error;
      if (!fatesUnknown.has(error.code)) this.faults.push(`${text}: ${error.code}`);
      return undefined;
    }
  }
}
