/** What can be seen of plugins from outside: traces of messages for `explain`, and everything as it happens for `tap`. */

import type {
  GroupMessage,
  Outgoing,
  PrivateMessage,
  Receipt,
  SentMessage,
} from '../core/client-api.ts';
import { BanterError } from '../core/error-api.ts';
import type { Action, AskingAction, Outcome, PluginEvent, SendingAction } from './bridge.ts';
import type { Clock } from './clock.ts';
import type { PluginClient } from './feed.ts';
import type { DraftInfo } from './hook-info.ts';
import { limits } from './limits.ts';
import type { ModerateAction } from './moderate-action.ts';
import type { Trace, TraceStep } from './traces.ts';
import { Traces } from './traces.ts';

/** One thing that a plugin was told or did. Texts are as the plugin or others wrote them, the first 200 characters. */
export interface TapEntry {
  readonly plugin: string;
  /** `in`: it was told something; `out`: it did something, and this came of it. */
  readonly direction: 'in' | 'out';
  /** The event or action: `message`, `sendGroup`, `hook receive`. */
  readonly what: string;
  readonly text: string;
  /** `told`, `not told`, `done`, `refused`, or what a hook decided. */
  readonly outcome: string;
  /** Why, in words; may be empty. */
  readonly reason: string;
  /** Milliseconds until the outcome; absent where nothing was waited for. */
  readonly ms?: number | undefined;
}

/** Who looks on. */
export type TapListener = (entry: TapEntry) => void;

/** Characters of a text that are told. */
const textCharactersMax = 200;

/** Watches over the plugins of one runtime. Without a tap it keeps traces, the newest 500, and nothing else. */
export class Insight {
  readonly #traces: Traces;
  readonly #taps = new Set<TapListener>();

  constructor(clock: Pick<Clock, 'wallClockMs'>) {
    this.#traces = new Traces(() => clock.wallClockMs());
  }

  /** The number of the trace of a message. */
  traceOf(message: Parameters<Traces['of']>[0]): number {
    return this.#traces.of(message);
  }

  /** This is the same message with another text. */
  changed(from: GroupMessage | PrivateMessage, to: object): void {
    this.#traces.alias(to, this.#traces.of(from));
  }

  /** A hook is asked about a draft of this message. */
  drafted(draft: DraftInfo, outgoing: Outgoing): void {
    this.#traces.alias(outgoing, this.#traces.of(draft));
  }

  /** Follows what a client sends, with hooks or without, until the returned function is called. */
  watch(client: Pick<PluginClient, 'on' | 'off'>): () => void {
    const listener = (message: SentMessage): void => this.#sent(message);
    client.on('messageSent', listener);
    return () => void client.off('messageSent', listener);
  }

  /** The trace of the message at that place of a group, or of the newest one. */
  explain(place?: { readonly group: string; readonly seq: number }): Trace | undefined {
    return this.#traces.find(place);
  }

  /** Tells everything from now on; the function returned ends that. What the listener throws is its own affair. */
  tap(listener: TapListener): () => void {
    this.#taps.add(listener);
    return () => void this.#taps.delete(listener);
  }

  /** A plugin was told of an event, or was not, for a reason. */
  told(plugin: string, event: PluginEvent, reason: string): void {
    const outcome = reason === '' ? 'told' : 'not told';
    if (reason !== '' && 'number' in event) {
      this.#traces.add(event.number, { plugin, what: event.type, outcome, reason });
    }
    if (this.#taps.size === 0) return;
    const text = detailOf('message' in event ? event.message : event);
    this.#tell({ plugin, direction: 'in', what: event.type, text, outcome, reason });
  }

  /** A hook has decided about a message. */
  hooked(trace: number, step: TraceStep, message: object): void {
    this.#traces.add(trace, step);
    if (this.#taps.size > 0) this.#tell({ ...step, direction: 'out', text: detailOf(message) });
  }

  /** A plugin notes what it did about a message. */
  traced({ trace, what, outcome, reason, ms }: TracedAction, plugin: string): void {
    this.#traces.add(trace, { plugin, what, outcome, reason, ms });
  }

  /** Something that a plugin asked for was done or refused. */
  settled(plugin: string, action: AskingAction, result: Outcome, ms: number): void {
    const outcome = result.type;
    const reason =
      result.type === 'refused' ? `${result.code}: ${result.message}` : receiptWords(result.result);
    if ('trace' in action && action.trace > 0) {
      const what = deedOf(action);
      this.#traces.add(action.trace, { plugin, what, outcome, reason, ms });
    }
    if (this.#taps.size === 0) return;
    const text = detailOf(action);
    const what = action.type === 'moderate' ? action.deed : action.type;
    this.#tell({ plugin, direction: 'out', what, text, outcome, reason, ms });
  }

  #sent({ outgoing, text, hops, result, ms }: SentMessage): void {
    const trace = this.#traces.of(outgoing);
    const code =
      result.type === 'failed' && result.error instanceof BanterError && result.error.code;
    // The hook has said why already.
    if (code === 'STOPPED_BY_PLUGIN') return;
    const plugin = outgoing.origin ?? '';
    if (!this.#traces.hasSteps(trace)) {
      const reason = 'no plugin has one for what is sent here';
      this.#traces.add(trace, { plugin: '', what: 'hook send', outcome: 'none', reason });
    }
    const bytes = Buffer.byteLength(text);
    const isWithin = bytes <= limits.messageBytesMax && hops <= limits.hopsMax;
    this.#traces.add(trace, {
      plugin,
      what: 'limits',
      outcome: isWithin ? 'kept' : 'exceeded',
      reason: `${bytes} of ${limits.messageBytesMax} bytes, ${hops} of ${limits.hopsMax} hops`,
    });
    const what = 'group' in outgoing ? `send to #${outgoing.group}` : `send to ${outgoing.to}`;
    if (result.type === 'failed') {
      const { error } = result;
      const reason = error instanceof BanterError ? `${error.code}: ${error.message}` : `${error}`;
      this.#traces.add(trace, { plugin, what, outcome: 'refused', reason, ms });
      return;
    }
    const { receipt } = result;
    if (receipt.type === 'committed') this.#traces.place(trace, receipt.seq);
    this.#traces.add(trace, { plugin, what, outcome: 'sent', reason: sentWords(receipt), ms });
  }

  #tell(entry: TapEntry): void {
    for (const listener of this.#taps) listener(entry);
  }
}

type TracedAction = Extract<Action, { readonly type: 'traced' }>;

/** What a message led to: `send to #lab`, `mute eve in #lab`. */
function deedOf(action: SendingAction | ModerateAction): string {
  if (action.type === 'moderate') return `${action.deed} ${action.name} in #${action.group}`;
  return action.type === 'sendGroup' ? `send to #${action.group}` : `send to ${action.to}`;
}

/** `as #lab 13`, for what has a place. */
function receiptWords(result: Extract<Outcome, { readonly type: 'done' }>['result']): string {
  if (typeof result !== 'object' || !('type' in result)) return '';
  if (result.type === 'committed') return `as #${result.group} ${result.seq}`;
  return result.type === 'stored' ? 'kept for when they are back' : '';
}

function sentWords(receipt: Receipt): string {
  switch (receipt.type) {
    case 'committed': {
      const where = receipt.durable ? "on the server's disk" : "in the server's memory";
      return `as #${receipt.group} ${receipt.seq}, ${where}`;
    }
    case 'delivered':
      return 'their client has it';
    case 'stored':
      return 'kept for when they are back';
  }
}

/** What says most of an event or action, in the order in which people would say it. */
const telling = ['group', 'to', 'from', 'name', 'job', 'key', 'prefix', 'line', 'text'];

function detailOf(of: object): string {
  const parts = telling.flatMap((field) => {
    const value: unknown = Reflect.get(of, field);
    if (typeof value !== 'string' || value === '') return [];
    return [field === 'group' ? `#${value}` : field === 'to' ? `→ ${value}` : value];
  });
  return parts.join(' ').slice(0, textCharactersMax);
}
