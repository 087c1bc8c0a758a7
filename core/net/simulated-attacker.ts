/** Somebody on the path who reads everything, may send under any sender, and stops nothing. */

import type { Address } from '../protocol/address.ts';
import type { FaultKind, Faults } from './simulated-faults.ts';
import { below, type Numbers } from './simulated-numbers.ts';

/** A datagram that the attacker sends. */
export interface Attack {
  readonly kind: FaultKind;
  readonly datagram: Uint8Array;
  readonly from: Address;
  readonly to: Address;
  /** From when the datagram that set it off was sent. */
  readonly delayMs: number;
}

interface Sighting {
  readonly datagram: Uint8Array;
  readonly from: Address;
  readonly to: Address;
}

/** Datagrams remembered for later; each new one takes the place of any old one, so that very old ones remain. */
const memory = 256;

/** A copy with no more delay than this overtakes what it copies wherever a path has any. Milliseconds. */
const delayMsMax = 100;

/** Bytes of made-up datagrams, at most; a few are longer than the protocol's. */
const noiseBytesMax = 1300;

/** Where nobody lives, by documentation (RFC 5737). */
const nowhere = '203.0.113.';

export class Attacker {
  readonly #numbers: Numbers;
  readonly #seen: Sighting[] = [];

  constructor(numbers: Numbers) {
    this.#numbers = numbers;
  }

  /** Sees a datagram under way. @returns what the attacker sends because of it */
  witness(sighting: Sighting, { forgery = 0, replay = 0 }: Faults): readonly Attack[] {
    const forges = this.#numbers() < forgery;
    const replays = this.#numbers() < replay;
    if (forgery === 0 && replay === 0) return [];
    this.#remember(sighting);
    return [
      ...(forges ? [this.#forge(sighting)] : []),
      ...(replays ? [this.#replay(sighting)] : []),
    ];
  }

  #remember({ datagram, from, to }: Sighting): void {
    const place = this.#seen.length < memory ? this.#seen.length : below(this.#numbers, memory);
    this.#seen[place] = { datagram: new Uint8Array(datagram), from, to };
  }

  #forge({ datagram, from, to }: Sighting): Attack {
    const isNoise = this.#numbers() < 0.3;
    return {
      kind: isNoise ? 'forged' : 'mutated',
      datagram: isNoise ? this.#noise() : this.#mutant(datagram),
      from: this.#numbers() < 0.5 ? from : this.#elsewhere(from),
      to,
      delayMs: this.#numbers() * delayMsMax,
    };
  }

  /** The present datagram or an older one; every second copy bears another sender. */
  #replay(present: Sighting): Attack {
    const isPresent = this.#numbers() < 0.5;
    const { datagram, from, to } = isPresent ? present : this.#anySeen(present);
    const isElsewhere = this.#numbers() < 0.5;
    return {
      kind: isElsewhere ? 'replayedElsewhere' : 'replayed',
      datagram: new Uint8Array(datagram),
      from: isElsewhere ? this.#elsewhere(from) : from,
      to,
      // Half of the copies of the present datagram are there at once, before the original.
      delayMs: this.#numbers() < 0.5 ? 0 : this.#numbers() * delayMsMax,
    };
  }

  #anySeen(otherwise: Sighting): Sighting {
    return this.#seen[below(this.#numbers, this.#seen.length)] ?? otherwise;
  }

  /** Another port of the sender, another machine that was seen, or an address where nobody lives. */
  #elsewhere(from: Address): Address {
    const choice = below(this.#numbers, 3);
    const port = 1 + below(this.#numbers, 65_535);
    if (choice === 0) return { host: from.host, port };
    if (choice === 1) return this.#anySeen({ datagram: new Uint8Array(), from, to: from }).from;
    return { host: `${nowhere}${1 + below(this.#numbers, 250)}`, port };
  }

  #noise(): Uint8Array {
    const noise = Uint8Array.from({ length: below(this.#numbers, noiseBytesMax) }, () =>
      below(this.#numbers, 256),
    );
    // Every second one has the first byte of some form of datagram.
    if (noise.length > 0 && this.#numbers() < 0.5)
      noise[0] = [1, 2, 3, 4, 5, 0x41][below(this.#numbers, 6)] ?? 0;
    return noise;
  }

  /** Some bits turned, an end cut off, or bytes added. */
  #mutant(datagram: Uint8Array): Uint8Array {
    const choice = below(this.#numbers, 4);
    if (choice === 0)
      return new Uint8Array(datagram).slice(0, below(this.#numbers, datagram.length));
    if (choice === 1) {
      const longer = new Uint8Array(datagram.length + 1 + below(this.#numbers, 16));
      longer.set(datagram);
      return longer;
    }
    const mutant = new Uint8Array(datagram);
    for (let count = 1 + below(this.#numbers, 4); count > 0; count--) {
      const at = below(this.#numbers, mutant.length);
      mutant[at] = (mutant[at] ?? 0) ^ (1 << below(this.#numbers, 8));
    }
    return mutant;
  }
}
