/** Asks the server about single names: those that the mirror does not know, and those that only this client watches. */

import type { Mirror } from '../chat/mirror.ts';
import { checkName, foldName, nameBytesMax } from '../chat/names.ts';
import { TokenBucket } from '../chat/token-bucket.ts';
import type { DirectoryEntry } from '../chat/types.ts';
import { BanterError } from '../errors.ts';
import type { Environment } from '../net/transport.ts';
import type { ListUsersOptions } from './options.ts';
import { askWithinRate } from './pacing.ts';
import type { AnswerOf } from './requests.ts';
import type { Session } from './session.ts';

/** Names that this connection watches because it asked for them; the server remembers as many by default. */
const contactsMax = 1024;

/** Senders nobody knows are looked up so many at once, and so many a second beyond; others wait for the directory. */
const strangersBurst = 16;
const strangersPerSecond = 4;

export interface LookUpsOptions {
  readonly environment: Environment;
  readonly mirror: Mirror;
  readonly ask: Session['ask'];
  /** The mirror has learnt this of a name. */
  readonly onDirectory: (changed: readonly DirectoryEntry[]) => void;
}

export class LookUps {
  readonly #options: LookUpsOptions;
  /** By folded name; bounded by the requests that may be under way. */
  readonly #underWay = new Map<string, Promise<void>>();
  /** Folded names, the one asked for longest ago first. */
  readonly #contacts = new Set<string>();
  readonly #strangers = new TokenBucket(strangersBurst, strangersPerSecond);

  constructor(options: LookUpsOptions) {
    this.#options = options;
  }

  /** A new connection watches nothing yet. */
  handleWelcome(): void {
    this.#contacts.clear();
  }

  /**
   * Sees to it that the mirror knows whom a name belongs to. Who waits for the same name goes on in turn.
   * @returns what to wait for, or undefined if the name is known
   * @throws BanterError USER_UNKNOWN, and as any request
   */
  need(name: string, signal: AbortSignal | undefined): Promise<void> | undefined {
    const folded = foldName(name);
    const { mirror } = this.#options;
    const underWay = this.#underWay.get(folded);
    if (underWay !== undefined) return abortable(underWay, signal);
    const isKnown = mirror.find(name) !== undefined;
    if (isKnown && (mirror.isWhole || this.#contacts.has(folded))) return undefined;
    const asked = this.#lookUp(name, folded);
    if (!isKnown) return abortable(asked, signal);
    // What the mirror has may be old, and serves until the answer is there.
    void asked.catch(() => {});
    return undefined;
  }

  /** Learns how a name is now. @throws BanterError USER_UNKNOWN, and as any request */
  look(name: string, signal: AbortSignal | undefined): Promise<void> {
    const folded = foldName(name);
    return abortable(this.#underWay.get(folded) ?? this.#lookUp(name, folded), signal);
  }

  /**
   * Those whose names begin with `prefix`, sorted by name: from the mirror if it holds everybody, else from the server.
   * @throws BanterError as any request
   */
  async list({
    prefix = '',
    limit = Number.POSITIVE_INFINITY,
    signal,
  }: ListUsersOptions): Promise<readonly DirectoryEntry[]> {
    const found = this.#options.mirror.isWhole
      ? this.#listMirror(prefix)
      : await this.#listServer(prefix, limit, signal);
    return found.toSorted((a, b) => a.name.localeCompare(b.name)).slice(0, limit);
  }

  /** Asks about the sender of a message that the mirror does not know, unless too many such came lately. */
  seek(name: string): void {
    const folded = foldName(name);
    if (checkName(name) !== undefined || this.#underWay.has(folded)) return;
    if (!this.#strangers.take(this.#options.environment.now())) return;
    void this.#lookUp(name, folded).catch(() => {});
  }

  #listMirror(prefix: string): readonly DirectoryEntry[] {
    const folded = foldName(prefix);
    const entries = [...this.#options.mirror.entries.values()];
    return entries.filter(({ name }) => foldName(name).startsWith(folded));
  }

  async #listServer(
    prefix: string,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly DirectoryEntry[]> {
    const { environment, ask } = this.#options;
    const entries: DirectoryEntry[] = [];
    // No name begins with more than a name can be, and it would not even be read.
    if (Buffer.byteLength(prefix) > nameBytesMax) return entries;
    let after = 0;
    do {
      const body = { type: 'listNames', prefix, after } as const;
      const attempt = (): Promise<AnswerOf<'entryList'>> => ask(body, 'entryList', signal);
      const page = await askWithinRate(environment, attempt, signal);
      entries.push(...page.entries);
      after = page.next;
    } while (after !== 0 && entries.length < limit);
    return entries;
  }

  #lookUp(name: string, folded: string): Promise<void> {
    const asked = this.#ask(name, folded).finally(() => this.#underWay.delete(folded));
    this.#underWay.set(folded, asked);
    return asked;
  }

  async #ask(name: string, folded: string): Promise<void> {
    const { environment, mirror, ask, onDirectory } = this.#options;
    // No server binds such a name, and what is too long would not even be read.
    if (checkName(name) !== undefined) {
      throw new BanterError('USER_UNKNOWN', `no user is called "${name}"`, { data: { name } });
    }
    const attempt = (): Promise<AnswerOf<'entry'>> => ask({ type: 'lookUp', name }, 'entry');
    const answer = await askWithinRate(environment, attempt, undefined);
    this.#contacts.delete(folded);
    this.#contacts.add(folded);
    for (const oldest of this.#contacts) {
      if (this.#contacts.size <= contactsMax) break;
      this.#contacts.delete(oldest);
    }
    onDirectory(mirror.learn([answer.entry]));
  }
}

/** The same promise, which others may wait for too, for somebody who may give up. */
function abortable(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new BanterError('ABORTED', 'cancelled'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
