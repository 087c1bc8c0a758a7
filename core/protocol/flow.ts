/** Flow control: how much a peer may have under way that was not handed on yet (RFC 9000 §4.1). */

import { MalformedError } from './bytes.ts';

/** What messages may cost that were sent and not handed on; also what each side may send before the first MAX_DATA. */
export const windowCost = 1_048_576;

/** What every message costs beside its bytes: without it empty ones would be free. */
export const messageCost = 64;

/** The sender's side: what it may still send for the first time; what was lost costs nothing again. */
export class SendCredit {
  #limit = windowCost;
  #used = 0;

  /** What may be spent now. */
  get left(): number {
    return this.#limit - this.#used;
  }

  spend(cost: number): void {
    this.#used += cost;
  }

  /** The peer has granted so much in all; grants may overtake each other. */
  raise(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }
}

/** The receiver's side: grants a window beyond what was handed on. */
export class ReceiveCredit {
  #granted = windowCost;
  #received = 0;
  #handedOn = 0;

  /** Whether half of the window is used up: the time to grant more. */
  get isDue(): boolean {
    return this.#handedOn + windowCost - this.#granted >= windowCost / 2;
  }

  /** Something came for the first time. @throws MalformedError if it was never granted */
  receive(cost: number): void {
    this.#received += cost;
    if (this.#received > this.#granted) throw new MalformedError('more than was granted');
  }

  /** A message was handed on. */
  handOn(cost: number): void {
    this.#handedOn += cost;
  }

  /** What is granted in all from now on. */
  grant(): number {
    this.#granted = this.#handedOn + windowCost;
    return this.#granted;
  }
}

/** Memory for messages that are not complete or not next, shared by all connections of an endpoint. */
export class ReassemblyBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  /** @param bytesMax 64 MiB unless told otherwise */
  constructor(bytesMax: number = 64 * 1024 * 1024) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that are taken. */
  get bytes(): number {
    return this.#bytes;
  }

  hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.#bytesMax;
  }

  take(bytes: number): void {
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}
