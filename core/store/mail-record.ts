/** Which messages that were kept at the server a client has had, over its restarts: nobody can hand one over twice. */

import { JsonLines } from './private-files.ts';

/** Messages remembered; beyond, the oldest is forgotten. */
const messagesMax = 10_000;

const keyPattern = /^[0-9a-f]{64}$/;
const midPattern = /^[0-9a-f]{32}$/;

interface Line {
  /** The sender's identity, 64 hex digits. */
  readonly key: string;
  /** 32 hex digits. */
  readonly mid: string;
}

export class MailRecord {
  readonly #lines: JsonLines<Line> | undefined;
  /** Key and mid, the oldest first. */
  readonly #had: Set<string>;

  /** @param path undefined to remember in memory @throws BanterError DATA_UNUSABLE */
  constructor(path: string | undefined) {
    if (path !== undefined) this.#lines = JsonLines.open(path, parseLine);
    this.#had = new Set((this.#lines?.items ?? []).slice(-messagesMax).map(textOf));
  }

  /** Whether a message of this sender was had. */
  has(key: string, mid: string): boolean {
    return this.#had.has(textOf({ key, mid }));
  }

  /** Notes a message, unless it is noted; durable when this returns. @throws BanterError DATA_UNUSABLE, and it is not */
  add(key: string, mid: string): void {
    const line = { key, mid };
    const text = textOf(line);
    if (this.#had.has(text)) return;
    // The file grows to twice what is remembered before it is written anew.
    if ((this.#lines?.items.length ?? 0) >= 2 * messagesMax) this.#rewrite();
    this.#lines?.append(line);
    this.#had.add(text);
    const [oldest = text] = this.#had;
    if (this.#had.size > messagesMax) this.#had.delete(oldest);
  }

  close(): void {
    this.#lines?.close();
  }

  #rewrite(): void {
    this.#lines?.replace(Array.from(this.#had, (text) => lineOf(text)));
  }
}

function textOf({ key, mid }: Line): string {
  return key + mid;
}

function lineOf(text: string): Line {
  return { key: text.slice(0, 64), mid: text.slice(64) };
}

function parseLine(value: unknown): Line | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { key, mid } = Object.fromEntries(Object.entries(value));
  if (typeof key !== 'string' || !keyPattern.test(key)) return undefined;
  return typeof mid === 'string' && midPattern.test(mid) ? { key, mid } : undefined;
}
