/** An endpoint with live connections under every kind of datagram: made up, changed, cut, spliced, replayed, and sealed. */

import fc from 'fast-check';
import { datagramKinds } from '../../core/protocol/datagram-kinds.ts';
import { claim, type FuzzTarget } from '../target.ts';
import { packetContents } from './codec-targets.ts';
import { type Flight, Siege } from './siege.ts';

const pauses = [1, 50, 1000, 20_000];

/** Bits 0 to 2 of the first byte tell what happens, the second byte is its argument; what follows are bytes. */
class Ordeal {
  readonly #siege = new Siege();

  take(input: Uint8Array): void {
    const argument = input[1] ?? 0;
    const rest = input.subarray(2);
    switch ((input[0] ?? 0) & 7) {
      case 0:
        this.#inject(rest, argument);
        break;
      case 1:
        this.#replay(rest, argument);
        break;
      case 2:
      case 3:
      case 4:
        this.#siege.say(rest);
        break;
      case 5:
        this.#siege.pass(pauses[argument & 3] ?? 0);
        break;
      case 6:
        this.#siege.converse(argument * 32);
        break;
      default:
        this.#siege.repeat((argument & 1) === 0 ? this.#siege.stranger : this.#siege.puppetAddress);
    }
  }

  /** Bits 0 and 1 of the argument: whose address stands on it; bit 2: to Ann instead of to the server. */
  #inject(datagram: Uint8Array, argument: number): void {
    const { server, ann, stranger, puppetAddress } = this.#siege;
    const froms = [stranger, ann.address, server.address, puppetAddress];
    const to = (argument & 4) === 0 ? server : ann;
    this.#siege.inject(datagram, froms[argument & 3] ?? stranger, to);
  }

  /** A datagram of before, changed as the bytes say: three for each change, and the first cuts it, if it is odd. */
  #replay(changes: Uint8Array, argument: number): void {
    const { recorded, stranger, server, ann } = this.#siege;
    const flight: Flight | undefined = recorded[argument % recorded.length];
    claim(flight !== undefined, 'something was said');
    if (flight === undefined) return;
    const end = ((changes[0] ?? 0) & 1) === 0 ? flight.datagram.length : (changes[1] ?? 0) * 5;
    const datagram = flight.datagram.slice(0, end);
    for (let at = 2; at + 2 < changes.length && datagram.length > 0; at += 3) {
      const place = ((changes[at] ?? 0) * 256 + (changes[at + 1] ?? 0)) % datagram.length;
      datagram[place] = (datagram[place] ?? 0) ^ (changes[at + 2] ?? 0);
    }
    const from = ((changes[0] ?? 0) & 2) === 0 ? flight.from : stranger;
    this.#siege.inject(datagram, from, flight.to === ann.address ? ann : server);
  }
}

const handshakes = datagramKinds.flatMap(({ samples }, kind) =>
  fc.sample(samples, { numRuns: 2, seed: 1 }).map(({ bytes }) => Uint8Array.of(0, kind, ...bytes)),
);
const replays = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233].flatMap((argument) => [
  Uint8Array.of(1, argument, 0, 0),
  Uint8Array.of(1, argument, 2, 0),
  Uint8Array.of(1, argument, 1, 9),
  Uint8Array.of(1, argument, 0, 0, 0, 1, 1),
  // Another packet number: what remains is to open it.
  Uint8Array.of(1, argument, 0, 0, 0, 12, 64),
  Uint8Array.of(1, argument, 2, 0, 0, 20, 128, 0, 30, 1),
]);
const events = [0, 1, 2, 3].flatMap((argument) => [
  Uint8Array.of(5, argument),
  Uint8Array.of(6, argument * 80),
  Uint8Array.of(7, argument),
]);

/** Datagrams from anybody. */
export const endpointTarget: FuzzTarget = {
  name: 'endpoint',
  share: 1,
  corpus: [
    ...handshakes,
    ...replays,
    ...events,
    ...packetContents.map((content) => Uint8Array.of(2, 0, ...content)),
  ],
  inputsPerLife: 150,
  intact: 0.4,
  begin: () => {
    const ordeal = new Ordeal();
    return (input) => ordeal.take(input);
  },
};
