/** Whoever asks for handshakes without end: from one address or many, each proved, in virtual time. */

import { SodiumCrypto } from '../../../core/net/sodium.ts';
import type { Address } from '../../../core/protocol/address.ts';
import { AddressTokens } from '../../../core/protocol/address-token.ts';
import {
  decodeRetry,
  encodeHello,
  encodeInit,
  type Proof,
} from '../../../core/protocol/handshake.ts';
import { datagramForm, supportedVersions } from '../../../core/protocol/packet.ts';
import { Random } from '../../support/random.ts';
import type { Flight, Host, Network } from '../protocol/pair.ts';

/** Bytes of a Noise message 1 around an initiator's payload. */
const messageBytes = 152;

/** As many attempts as fall due in this time come at once. Milliseconds. */
const waveMs = 10;

export interface FloodOptions {
  readonly perSecond: number;
  /** Where attempt number `at` comes from. */
  readonly hostOf: (at: number) => string;
  /** With a cookie by default, after a HELLO. */
  readonly proof?: 'cookie' | 'token';
}

export class Flood {
  readonly #network: Network;
  readonly #target: Host;
  readonly #options: FloodOptions;
  readonly #random = new Random(4242);
  /** Where RETRYs are read: a proof must be somebody's. */
  readonly #own = new Set<string>();
  #attempts = 0;

  /** @param network whose route the flood takes over, to read what it is answered */
  constructor(network: Network, target: Host, options: FloodOptions) {
    this.#network = network;
    this.#target = target;
    this.#options = options;
    network.route = (flight) => {
      if (this.#own.has(flight.to.host)) this.#receive(flight);
      return [flight];
    };
  }

  /** Lets time pass in which attempts come without a break. */
  run(ms: number): void {
    const { perSecond, hostOf, proof = 'cookie' } = this.#options;
    for (let passed = 0; passed < ms; passed += waveMs) {
      for (let left = (perSecond * waveMs) / 1000; left > 0; left--) {
        const from = { host: hostOf(this.#attempts++), port: 1024 + this.#random.below(60_000) };
        if (proof === 'token') this.#init(from, this.#random.bytes(8), this.#token(from));
        else this.#hello(from);
      }
      this.#network.run(waveMs);
    }
  }

  #hello(from: Address): void {
    this.#own.add(from.host);
    const hello = { versions: supportedVersions, nonce: this.#random.bytes(8) };
    this.#send(from, encodeHello(hello));
  }

  #receive({ datagram, to }: Flight): void {
    const retry = datagram[0] === datagramForm.retry ? decodeRetry(datagram) : undefined;
    if (retry !== undefined) this.#init(to, retry.nonce, { type: 'cookie', bytes: retry.cookie });
  }

  /** Message 1 is noise; to find out takes a key agreement. */
  #init(from: Address, nonce: Uint8Array, proof: Proof): void {
    const [version = 0] = supportedVersions;
    const message = this.#random.bytes(messageBytes);
    this.#send(from, encodeInit({ versions: supportedVersions, nonce, version, proof, message }));
  }

  /** As a quiet handshake from there would have brought it. */
  #token(from: Address): Proof {
    const tokens = new AddressTokens(new SodiumCrypto(), this.#target.identity, 0);
    return { type: 'token', bytes: tokens.issue(from, this.#network.now) };
  }

  #send(from: Address, datagram: Uint8Array): void {
    this.#network.inject({ from, to: this.#target.address, datagram });
  }
}
