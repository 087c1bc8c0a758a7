/** Both sides of the handshake (docs/PROTOCOL.md §3): what is sent, when it is sent again, and what is believed. */

import { randomBytes } from '@noble/hashes/utils.js';
import { Handshake, hasStaticKey, type Identity, mac, resetToken } from './noise.ts';
import {
  block,
  bytes,
  decoded,
  encoded,
  type Field,
  hex,
  joined,
  list,
  Reader,
  record,
  u8,
  u32,
  type ValueOf,
} from './notation.ts';

/** Where datagrams go. The host of a relayed peer is `relay-` and its identity in hex, and its port is the link (§9). */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What an initiator keeps to come back without a RETRY. */
export interface Token {
  readonly token: Uint8Array;
  /** The versions that the responder speaks. */
  readonly versions: readonly number[];
}

/** What a handshake leads to. */
export interface Established {
  readonly version: number;
  readonly address: Address;
  readonly peer: Uint8Array;
  readonly ownId: Uint8Array;
  readonly peerId: Uint8Array;
  readonly peerResetToken: Uint8Array;
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  /** For the next time, at an initiator. */
  readonly token: Token | undefined;
}

const datagramBytesMax = 1200;
const initsBeforeDoubt = 3;
const retriesMax = 8;
const answeredMax = 64;
const cookieMs = 15_000;

const form = { hello: 1, retry: 2, init: 3, response: 4 };
const proofKind = { cookie: 1, token: 2 };

const versions: Field<readonly number[]> = list(u8, 16, u8);
const hello = record({ versions, nonce: bytes(8) });
const retry = record({
  nonce: bytes(8),
  version: u8,
  versions,
  cookie: bytes(20),
  identity: bytes(32),
});
const init = record({
  versions,
  nonce: bytes(8),
  version: u8,
  proofKind: u8,
  proof: bytes(20),
  message: block(datagramBytesMax),
});
const payload1 = record({ identity: bytes(32), connectionId: bytes(8), resetToken: bytes(16) });
const payload2 = record({ connectionId: bytes(8), resetToken: bytes(16), token: bytes(20) });

export function isRelayed({ host }: Address): boolean {
  return host.startsWith('relay-');
}

export function isSame(one: Address, other: Address): boolean {
  return one.host === other.host && one.port === other.port;
}

/** How long a HELLO or INIT is at least. */
function callBytesMin(address: Address): number {
  return isRelayed(address) ? 128 : datagramBytesMax;
}

function prologue(
  offered: readonly number[],
  spoken: readonly number[],
  version: number,
  responder: Uint8Array,
): Uint8Array {
  const fields = record({ offered: versions, spoken: versions, version: u8, responder: bytes(32) });
  const said = encoded(fields, { offered, spoken, version, responder });
  return joined(new TextEncoder().encode('banter'), said);
}

/** What to attempt. */
export interface AttemptOptions {
  readonly me: Identity;
  readonly address: Address;
  /** The versions to offer, the best first. */
  readonly versions: readonly number[];
  /** Whom to expect; undefined at first contact. */
  readonly expected: Uint8Array | undefined;
  /** A token of the responder that is expected. */
  readonly token: Token | undefined;
  /** Milliseconds of any clock that does not go back; so are all `now`. */
  readonly now: number;
}

/** An INIT and what it was made from. */
interface Initiation {
  readonly datagram: Uint8Array;
  readonly proof: Uint8Array;
  readonly version: number;
  readonly spoken: readonly number[];
  readonly responder: Uint8Array;
  readonly noise: Handshake;
}

/** One attempt of an initiator. */
export class Attempt {
  readonly address: Address;
  /** By which a RESPONSE finds its attempt. */
  readonly ownId: Uint8Array = randomBytes(8);
  /** By which a RETRY finds it. */
  readonly nonce: Uint8Array = randomBytes(8);
  readonly #options: AttemptOptions;
  #initiation: Initiation | undefined;
  #reason = 'no answer';
  #retries = 0;
  #times = 0;
  #startedAt: number;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.address = options.address;
    this.#startedAt = options.now;
    const { expected, token } = options;
    if (expected === undefined || token === undefined) return;
    const version = token.versions.find((spoken) => options.versions.includes(spoken));
    if (version === undefined) return;
    this.#initiation = this.#initiate(version, token.versions, 'token', token.token, expected);
  }

  /** Why it has failed, if its time is up. */
  get reason(): string {
    return this.#reason;
  }

  /** Datagrams that are due: two copies at 0, 100, 300, 700 … milliseconds after the first of their kind. */
  tick(now: number): readonly Uint8Array[] {
    if (now - this.#startedAt < 100 * (2 ** this.#times - 1)) return [];
    this.#times++;
    const { versions: offered } = this.#options;
    const first = this.#padded(
      form.hello,
      encoded(hello, { versions: offered, nonce: this.nonce }),
    );
    if (this.#initiation === undefined) return [first, first];
    const { datagram } = this.#initiation;
    return this.#times > initsBeforeDoubt ? [datagram, datagram, first] : [datagram, datagram];
  }

  /** Looks at a RETRY. @throws Malformed */
  retry(datagram: Uint8Array, now: number): void {
    const answer = retry.read(new Reader(datagram.subarray(1)));
    if (hex(answer.nonce) !== hex(this.nonce) || !this.#mayFollow(answer.cookie)) return;
    const { expected, versions: offered } = this.#options;
    const { version, versions: spoken, cookie, identity } = answer;
    if (expected !== undefined && hex(expected) !== hex(identity)) {
      this.#reason = `another identity, ${hex(identity)}`;
    } else if (!offered.includes(version)) {
      this.#reason = `version ${version} of ${spoken.join()}`;
    } else {
      this.#initiation = this.#initiate(version, spoken, 'cookie', cookie, identity);
      this.#retries++;
      this.#times = 0;
      this.#startedAt = now;
    }
  }

  /** Looks at a RESPONSE. @throws Error when it is not the one */
  response(datagram: Uint8Array): Established | undefined {
    if (this.#initiation === undefined) return undefined;
    const { noise, version, spoken, responder } = this.#initiation;
    const trial = noise.copy();
    const payload = decoded(payload2, trial.readMessage2(datagram.subarray(9)));
    const keys = trial.split();
    return {
      version,
      address: this.address,
      peer: responder,
      ownId: this.ownId,
      peerId: payload.connectionId,
      peerResetToken: payload.resetToken,
      sendKey: keys.initiator,
      receiveKey: keys.responder,
      token: { token: payload.token, versions: spoken },
    };
  }

  /** The first RETRY is followed; another one when three times of INIT have led nowhere. */
  #mayFollow(cookie: Uint8Array): boolean {
    if (this.#retries === 0) return true;
    if (this.#times < initsBeforeDoubt || this.#retries === retriesMax) return false;
    return this.#initiation === undefined || hex(cookie) !== hex(this.#initiation.proof);
  }

  #initiate(
    version: number,
    spoken: readonly number[],
    kind: keyof typeof proofKind,
    proof: Uint8Array,
    responder: Uint8Array,
  ): Initiation {
    const { me, versions: offered } = this.#options;
    const before = prologue(offered, spoken, version, responder);
    const noise = new Handshake(me, randomBytes(32), responder, before);
    const payload = encoded(payload1, {
      identity: me.publicKey,
      connectionId: this.ownId,
      resetToken: resetToken(me, this.ownId),
    });
    const fields = {
      versions: offered,
      nonce: this.nonce,
      version,
      proofKind: proofKind[kind],
      proof,
      message: noise.writeMessage1(payload),
    };
    const datagram = this.#padded(form.init, encoded(init, fields));
    return { datagram, proof, version, spoken, responder, noise };
  }

  #padded(first: number, fields: Uint8Array): Uint8Array {
    const zeros = Math.max(0, callBytesMin(this.address) - 1 - fields.length);
    return joined(Uint8Array.of(first), fields, new Uint8Array(zeros));
  }
}

/** The responder of a client. Its tokens are worth nothing: peers are few, and an unknown token is answered with a RETRY. */
export class Responder {
  readonly #me: Identity;
  readonly #versions: readonly number[];
  readonly #secret = randomBytes(32);
  /** What was answered to which INIT, so that its copies make nothing new. */
  readonly #answered = new Map<string, Uint8Array>();

  constructor(me: Identity, spoken: readonly number[]) {
    this.#me = me;
    this.#versions = spoken;
  }

  /** @throws Error when the datagram is dropped */
  receive(
    datagram: Uint8Array,
    from: Address,
    now: number,
  ): { readonly answer: Uint8Array; readonly established?: Established } {
    if (datagram.length < callBytesMin(from)) throw new Error('too short');
    const reader = new Reader(datagram.subarray(1));
    if (datagram[0] === form.hello) return { answer: this.#retry(hello.read(reader), from, now) };
    const request = init.read(reader);
    if (request.proofKind === proofKind.token) return { answer: this.#retry(request, from, now) };
    const time = new DataView(request.proof.buffer).getUint32(0);
    const isGood = hex(this.#cookie(time, request.nonce, from)) === hex(request.proof);
    if (!isGood || now - time > cookieMs) throw new Error('no good cookie');
    const ephemeral = hex(request.message.subarray(0, 32));
    const copy = this.#answered.get(ephemeral);
    return copy === undefined ? this.#respond(request, from, ephemeral) : { answer: copy };
  }

  #retry(
    { versions: offered, nonce }: ValueOf<typeof hello>,
    from: Address,
    now: number,
  ): Uint8Array {
    const fields = {
      nonce,
      version: this.#versions.find((spoken) => offered.includes(spoken)) ?? 0,
      versions: this.#versions,
      cookie: this.#cookie(Math.floor(now), nonce, from),
      identity: this.#me.publicKey,
    };
    return joined(Uint8Array.of(form.retry), encoded(retry, fields));
  }

  #cookie(time: number, nonce: Uint8Array, { host, port }: Address): Uint8Array {
    const stamp = encoded(u32, time);
    const address = new TextEncoder().encode(`${host} ${port}`);
    return joined(stamp, mac(this.#secret, joined(stamp, nonce, address)));
  }

  #respond(
    request: ValueOf<typeof init>,
    from: Address,
    ephemeral: string,
  ): { readonly answer: Uint8Array; readonly established: Established } {
    const { version, versions: offered, message } = request;
    if (!this.#versions.includes(version)) throw new Error(`version ${version}`);
    const before = prologue(offered, this.#versions, version, this.#me.publicKey);
    const noise = new Handshake(this.#me, randomBytes(32), this.#me.publicKey, before);
    const { payload, proved } = noise.readMessage1(message);
    const { identity, connectionId, resetToken: peerResetToken } = decoded(payload1, payload);
    if (!hasStaticKey(identity, proved)) throw new Error('a key that is not the identity');
    const ownId = randomBytes(8);
    const said = encoded(payload2, {
      connectionId: ownId,
      resetToken: resetToken(this.#me, ownId),
      token: randomBytes(20),
    });
    const answer = joined(Uint8Array.of(form.response), connectionId, noise.writeMessage2(said));
    const [oldest] = this.#answered.keys();
    if (this.#answered.size === answeredMax && oldest !== undefined) this.#answered.delete(oldest);
    this.#answered.set(ephemeral, answer);
    const keys = noise.split();
    const established = {
      version,
      address: from,
      peer: identity,
      ownId,
      peerId: connectionId,
      peerResetToken,
      sendKey: keys.responder,
      receiveKey: keys.initiator,
      token: undefined,
    };
    return { answer, established };
  }
}
