/** Questions to people that wait for their answers. Runs in isolates only. */

import type { GroupMessage, PrivateMessage, Receipt } from '../../core/client-api.ts';
import { limits } from '../limits.ts';
import type { AskTarget, Incoming, NotSent, PluginAsk } from '../sdk.ts';
import type { Requests } from './requests.ts';

type Message = Incoming<GroupMessage | PrivateMessage>;

/** What a message is to a question: its answer, an attempt at one, or something else that everybody may have. */
export type Verdict<Value> =
  | { readonly type: 'answer'; readonly value: Value }
  | { readonly type: 'hint'; readonly text: string }
  | { readonly type: 'other' };

/** A question to somebody. */
export interface Question<Value> {
  readonly target: AskTarget;
  readonly timeoutMs: number;
  /** Sends the prompt. */
  readonly prompt: () => Promise<Receipt | NotSent>;
  readonly judge: (text: string) => Verdict<Value>;
  /** An open question of the same key is withdrawn: of the two only this one can be answered. Default: none is. */
  readonly key?: string;
}

/** A question from when its prompt is sent. */
interface Asked {
  isWithdrawn: boolean;
  withdraw: () => void;
}

interface Open {
  readonly target: AskTarget;
  /** Messages of the group up to this one were said before the question. */
  readonly afterSeq: number;
  /** Whether the message was for the question alone. */
  readonly take: (message: Message) => boolean;
}

/** Times that somebody is told what is wrong with an answer. */
const hintsMax = 3;

const timeoutMsDefault = 60_000;

export class Questions {
  readonly #requests: Requests;
  /** The oldest first: of two questions to one person the first is answered first. */
  readonly #open = new Set<Open>();
  readonly #keyed = new Map<string, Asked>();
  readonly #onAsked: (target: AskTarget) => void;
  #count = 0;

  /** `onAsked` is called when something waits for a person, and so should hold up nobody else. */
  constructor(requests: Requests, onAsked: (target: AskTarget) => void) {
    this.#requests = requests;
    this.#onAsked = onAsked;
  }

  /** Whether the message answers a question; then nobody else is given it. */
  take(message: Message): boolean {
    for (const open of this.#open) {
      if (isAt(open, message) && open.take(message)) return true;
    }
    return false;
  }

  /**
   * Asks, and resolves with the value of the answer. Rejects with ASK_TIMEOUT, RATE_LIMITED, ABORTED where it is
   * withdrawn, or as the prompt does.
   */
  async ask<Value>(question: Question<Value>): Promise<Value> {
    const { target, prompt, key } = question;
    if (this.#count >= limits.questionsMax) {
      const message = `${limits.questionsMax} questions are open already`;
      throw this.#requests.refusal('RATE_LIMITED', message);
    }
    this.#count += 1;
    this.#onAsked(target);
    const asked: Asked = { isWithdrawn: false, withdraw: () => undefined };
    if (key !== undefined) this.#replace(key, asked);
    try {
      const receipt = await prompt();
      if (asked.isWithdrawn) throw this.#withdrawal();
      const afterSeq = receipt.type === 'committed' ? receipt.seq : 0;
      return await this.#answer({ target, afterSeq }, question, asked);
    } finally {
      this.#count -= 1;
      if (key !== undefined && this.#keyed.get(key) === asked) this.#keyed.delete(key);
    }
  }

  #replace(key: string, asked: Asked): void {
    const earlier = this.#keyed.get(key);
    this.#keyed.set(key, asked);
    if (earlier === undefined) return;
    earlier.isWithdrawn = true;
    earlier.withdraw();
  }

  #withdrawal(): Error {
    return this.#requests.refusal('ABORTED', 'the same was asked again');
  }

  async #answer<Value>(
    place: Omit<Open, 'take'>,
    { timeoutMs, judge }: Question<Value>,
    asked: Asked,
  ): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    asked.withdraw = () => reject(this.#withdrawal());
    const waiting = this.#requests.wait(timeoutMs, (refused) => {
      reject(refused ?? this.#requests.refusal('ASK_TIMEOUT', `no answer in ${timeoutMs} ms`));
    });
    let hintsLeft = hintsMax;
    const open: Open = {
      ...place,
      take: (message) => {
        const verdict = judge(message.text);
        if (verdict.type === 'answer') {
          this.#open.delete(open);
          resolve(verdict.value);
        } else if (verdict.type === 'hint' && hintsLeft > 0) {
          hintsLeft -= 1;
          void message.reply(verdict.text);
        }
        return verdict.type !== 'other';
      },
    };
    this.#open.add(open);
    try {
      return await promise;
    } finally {
      this.#open.delete(open);
      waiting.end();
    }
  }
}

/** Makes `ctx.ask`. `send` sends to where the question is asked; `check` throws without the permissions to ask there. */
export function makeAsk(
  questions: Questions,
  send: (target: AskTarget, prompt: string) => Promise<Receipt | NotSent>,
  check: (target: AskTarget) => void,
): PluginAsk {
  const ask = async (
    target: AskTarget,
    prompt: string,
    options: {
      readonly timeoutMs?: number;
      readonly choices?: readonly string[];
      parse?(text: string): unknown;
    } = {},
  ): Promise<unknown> => {
    const { timeoutMs = timeoutMsDefault, choices } = options;
    const { waitMsMin: min, waitMsMax: max } = limits;
    if (!Number.isInteger(timeoutMs) || timeoutMs < min || timeoutMs > max) {
      throw new RangeError(`ctx.ask: timeoutMs is ${min} to ${max}, not ${timeoutMs}`);
    }
    checkTarget(target);
    check(target);
    const judge =
      choices === undefined
        ? parsing((text) => (options.parse === undefined ? text : options.parse(text)))
        : choosing(choices);
    return questions.ask({ target, timeoutMs, prompt: () => send(target, prompt), judge });
  };
  // The overloads of the SDK have tied the options to the type of the answer.
  return ask as PluginAsk;
}

function checkTarget(target: AskTarget): void {
  const [place, person] = 'to' in target ? [target.to, target.to] : [target.group, target.from];
  if (typeof place !== 'string' || typeof person !== 'string') {
    throw new TypeError('ctx.ask: the target is { group, from } or { to }');
  }
}

function choosing(choices: readonly string[]): (text: string) => Verdict<string> {
  if (!Array.isArray(choices) || choices.length < 2 || choices.length > limits.commandChoicesMax) {
    throw new RangeError(`ctx.ask: choices are 2 to ${limits.commandChoicesMax} texts`);
  }
  return (text) => {
    const said = text.trim().toLowerCase();
    const value = choices.find((choice) => choice.toLowerCase() === said);
    return value === undefined
      ? { type: 'hint', text: `Please answer one of: ${choices.join(', ')}.` }
      : { type: 'answer', value };
  };
}

function parsing(parse: (text: string) => unknown): (text: string) => Verdict<unknown> {
  return (text) => {
    try {
      return { type: 'answer', value: parse(text) };
    } catch (error) {
      const words = error instanceof Error ? error.message : `${error}`;
      return { type: 'hint', text: words.slice(0, 500) };
    }
  };
}

function isAt({ target, afterSeq }: Open, message: Message): boolean {
  if ('to' in target) return message.type === 'private' && isSame(message.from, target.to);
  return (
    message.type === 'group' &&
    message.seq > afterSeq &&
    isSame(message.group, target.group) &&
    isSame(message.from, target.from)
  );
}

/** Names are told apart by more than their case, and never by case alone. */
function isSame(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
