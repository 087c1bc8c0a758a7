/** A client for plugins that are measured. */

import { EventEmitter } from 'node:events';
import type {
  ChatMessage,
  ClientEvents,
  Committed,
  Delivered,
  GroupMessage,
  Interceptor,
} from '../../../core/index.ts';
import { Cursors } from '../../../core/index.ts';
import type { PluginClient } from '../../../plugins/index.ts';

/** A client without a network: it is told by the benchmark, and what it would send is the answer. */
export class BenchClient extends EventEmitter<ClientEvents> implements PluginClient {
  readonly name = 'bench';
  readonly serverFingerprint = 'bench';
  readonly connected = true;
  readonly moderation: PluginClient['moderation'] = {
    roles: async () => [],
    kick: async () => undefined,
    ban: async () => undefined,
    unban: async () => undefined,
    mute: async () => undefined,
    unmute: async () => undefined,
    invite: async () => undefined,
  };
  readonly administration: PluginClient['administration'] = { operators: async () => [] };
  readonly cursors: Cursors = new Cursors();
  readonly #onAnswer: (text: string) => void;
  #interceptor: Interceptor | undefined;
  #seq = 0;

  constructor(onAnswer: (text: string) => void) {
    super();
    this.#onAnswer = onAnswer;
  }

  tell(text: string): void {
    this.#seq++;
    const said = { type: 'group', group: 'lab', from: 'ann', text } as const;
    const place = {
      mid: String(this.#seq).padStart(32, '0'),
      seq: this.#seq,
      logId: '01',
    } as const;
    const message: GroupMessage = {
      ...{ ...said, ...place },
      ...{ sentAtMs: 0, bot: false, hops: 0, recovered: false },
    };
    if (this.#interceptor === undefined) this.emit('groupMessageReceived', message);
    else this.#interceptor.receive(message, (passed) => this.#pass(passed));
  }

  intercept(interceptor: Interceptor | undefined): void {
    this.#interceptor = interceptor;
  }

  async sendGroup(group: string, text: string): Promise<Committed> {
    this.#onAnswer(text);
    return { type: 'committed', mid: '0'.repeat(32), group, logId: '01', seq: 1, durable: false };
  }

  async history(): Promise<readonly GroupMessage[]> {
    return [];
  }

  async search(): Promise<readonly GroupMessage[]> {
    return [];
  }

  async send(to: string, text: string): Promise<Delivered> {
    this.#onAnswer(text);
    return { type: 'delivered', mid: '0'.repeat(32), to };
  }

  #pass(message: ChatMessage | undefined): void {
    if (message?.type === 'group') this.emit('groupMessageReceived', message);
  }
}
