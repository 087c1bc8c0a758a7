/** One who says again what was answered already, under the same mid: a client of the second implementation, which may. */

import { Client } from '../conformance/client.ts';
import { hex } from '../conformance/notation.ts';
import type { Said } from './talker.ts';

/** An answer to a message, the first or a later one. */
export interface Answered {
  readonly group: string;
  readonly text: string;
  /** As hex digits. */
  readonly mid: string;
  readonly seq: number;
  /** As hex digits. */
  readonly logId: string;
}

/** Of what was answered, the newest are said again: fewer than a server remembers of a process. */
const repeatedMax = 50;

export class Repeater {
  /** First answers and those to repetitions, in the order in which they came. */
  readonly answers: Answered[] = [];
  readonly said: Said[] = [];
  /** Repetitions that were refused, in words. */
  readonly faults: string[] = [];
  readonly #client: Client;
  readonly #server: { readonly host: string; readonly port: number };
  #talking: Promise<void> = Promise.resolve();
  #counter = 0;

  private constructor(client: Client, port: number) {
    this.#client = client;
    this.#server = { host: '127.0.0.1', port };
  }

  /** Registers and joins the groups. */
  static async join(name: string, port: number, groups: readonly string[]): Promise<Repeater> {
    const repeater = new Repeater(await Client.open({ name }), port);
    await repeater.#register();
    for (const group of groups) await repeater.#client.request('joinGroup', { group });
    return repeater;
  }

  /** Talks, one message after another, until the server is gone. */
  begin(groups: readonly string[]): void {
    this.#talking = this.#talk(groups);
  }

  /** The server is gone. */
  async stop(): Promise<void> {
    this.#client.disconnect();
    await this.#talking;
  }

  /** Comes back as the same process, and says again what it knows to have its place. */
  async repeat(): Promise<void> {
    await this.#register();
    const newest = new Map(this.answers.map((answer) => [answer.mid, answer]));
    await Promise.all(
      [...newest.values()].slice(-repeatedMax).map((answer) => this.#sendAgain(answer)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  async #register(): Promise<void> {
    await this.#client.connect(this.#server);
    await this.#client.register();
  }

  async #talk(groups: readonly string[]): Promise<void> {
    for (;;) {
      const group = groups[this.#counter % groups.length] ?? '';
      const text = `${this.#client.name} says ${++this.#counter}`;
      try {
        const { seq, durable } = await this.#send(group, text);
        this.said.push({ group, text, receipt: { seq, durable } });
      } catch {
        // The connection has ended, and nobody knows what became of it.
        this.said.push({ group, text, receipt: undefined });
        return;
      }
    }
  }

  async #sendAgain({ group, text, mid }: Answered): Promise<void> {
    try {
      await this.#send(group, text, Buffer.from(mid, 'hex'));
    } catch (error) {
      this.faults.push(`"${text}", said again: ${error}`);
    }
  }

  async #send(
    group: string,
    text: string,
    known?: Uint8Array,
  ): Promise<{ readonly seq: number; readonly durable: boolean }> {
    const { mid, seq, logId, durable } = await this.#client.sendGroup(group, text, known);
    this.answers.push({ group, text, mid: hex(mid), seq, logId: hex(logId) });
    return { seq, durable };
  }
}
