/** The addresses of a peer: which of them answer, and to which one packets go (RFC 9000 §8.2 and §9). */

import { type Address, isRelayed, sameAddress } from './address.ts';
import { type ByteWriter, equalBytes } from './bytes.ts';
import type { Random } from './crypto.ts';
import { challengeBytes, writePathChallenge, writePathResponse } from './frame.ts';

/** Addresses known at a time; beyond, the one heard of longest ago goes. */
const pathsMax = 8;

/** Challenges that wait for our answer; more are dropped, and come again. */
const responsesMax = 8;

/** A challenge goes out so long after the first; the path is given up as long again after the last. Milliseconds. */
const triesMs: readonly number[] = [0, 100, 300, 700, 1500];
const lastTryMs = 3000;

/** Addresses that are challenged of our own accord at a time; more are not tried: a peer could have us knock anywhere. */
const candidatesMax = 4;

/** The active path is in doubt only as long as this many challenges take. */
const doubtTries = 3;

/** What goes to an address that was not validated is no more than this many times what came from it (RFC 9000 §8.1). */
const amplificationMax = 3;

interface Challenge {
  readonly data: Uint8Array;
  readonly startedAt: number;
  tries: number;
  nextAt: number;
  sentAt: number;
}

interface Path {
  readonly address: Address;
  isValidated: boolean;
  /** We may try it of our own accord: it has answered once, or we were told of it. */
  isCandidate: boolean;
  /** Counted while it is not validated. */
  receivedBytes: number;
  sentBytes: number;
  challenge: Challenge | undefined;
}

/** A packet of one probing frame, and where it goes. */
export interface PathProbe {
  readonly to: Address;
  readonly type: 'pathChallenge' | 'pathResponse';
  readonly data: Uint8Array;
}

/** Writes the frame of a probe. */
export function writeProbe(writer: ByteWriter, { type, data }: PathProbe): void {
  if (type === 'pathChallenge') writePathChallenge(writer, data);
  else writePathResponse(writer, data);
}

/** Where packets go from now on. */
export interface Move {
  readonly address: Address;
  /** Whether only the port is another: the same network then, most likely (RFC 9000 §9.4). */
  readonly isNewHost: boolean;
  /** Round-trip time as the challenge saw it, if one was needed. Milliseconds. */
  readonly rttMs: number | undefined;
}

export interface PathsOptions {
  /** Where the handshake went, or came from: validated by it. */
  readonly address: Address;
  readonly random: Random;
  /** Whether the peer may be heard from elsewhere; else packets from other addresses are not even decrypted. */
  readonly peerMoves: boolean;
}

/**
 * One path is active. Another becomes active only after it has answered a challenge: because the newest packet came
 * from there (the peer has moved; Mosh's rule), or because it is direct and the active one is not.
 */
export class Paths {
  readonly #random: Random;
  readonly #peerMoves: boolean;
  /** The one heard of longest ago first. */
  readonly #paths: Path[];
  #active: Path;
  /** Where the newest packet came from. */
  #leading: Path;
  #responses: PathProbe[] = [];
  #move: Move | undefined;

  constructor({ address, random, peerMoves }: PathsOptions) {
    this.#random = random;
    this.#peerMoves = peerMoves;
    this.#active = newPath(address, true);
    this.#leading = this.#active;
    this.#paths = [this.#active];
  }

  /** Where packets go. */
  get address(): Address {
    return this.#active.address;
  }

  /** Whether a packet from there may be this peer's. */
  accepts(from: Address): boolean {
    return this.#peerMoves || this.#find(from) !== undefined;
  }

  /**
   * An authentic packet came.
   * @param leads whether it is the newest so far and carries more than probing frames
   */
  received(from: Address, bytes: number, leads: boolean, now: number): void {
    if (leads && sameAddress(from, this.#active.address)) {
      this.#leading = this.#active;
      return;
    }
    const path = this.#find(from) ?? this.#add(from);
    if (!path.isValidated) path.receivedBytes += bytes;
    if (!leads) return;
    this.#leading = path;
    this.#paths.splice(this.#paths.indexOf(path), 1);
    this.#paths.push(path);
    // The peer may not have found the direct way yet, or have lost it: only the latter is a reason to leave it.
    const isDetour = isRelayed(path.address) && !isRelayed(this.#active.address);
    const inDoubt = isDetour ? this.#active : path;
    if (inDoubt === path && path.isValidated) this.#activate(path, undefined);
    else inDoubt.challenge ??= this.#newChallenge(now);
  }

  /**
   * Tries an address that the peer may be reached at; it becomes active if it answers and the active one is relayed.
   * Ignored while {@link candidatesMax} others are tried.
   */
  probe(address: Address, now: number): void {
    const known = this.#find(address);
    const tried = this.#paths.filter(({ isCandidate, challenge }) => isCandidate && challenge);
    if (known === this.#active || tried.length >= candidatesMax) return;
    this.#try(known ?? this.#add(address), now);
  }

  /** The peer asks whether we are there; the answer goes where the question came from. */
  receiveChallenge(data: Uint8Array, from: Address): void {
    if (this.#responses.length >= responsesMax) return;
    this.#responses.push({ to: from, type: 'pathResponse', data: data.slice() });
  }

  /** The peer has answered one of our challenges; from where does not matter (RFC 9000 §8.2.3). */
  receiveResponse(data: Uint8Array, now: number): void {
    const path = this.#paths.find(({ challenge }) => challenge && equalBytes(challenge.data, data));
    if (path?.challenge === undefined) return;
    const rttMs = now - path.challenge.sentAt;
    path.challenge = undefined;
    path.isValidated = true;
    path.isCandidate = true;
    const isBetter = isRelayed(this.#active.address) && !isRelayed(path.address);
    if (path !== this.#active && (path === this.#leading || isBetter)) this.#activate(path, rttMs);
  }

  /**
   * Packets are lost on the active path time and again: back to the relay, if there is one. If they are lost there, the
   * server may be gone, and the direct ways are worth another question.
   */
  fail(now: number): void {
    if (isRelayed(this.#active.address)) {
      for (const path of this.#paths) {
        if (path.isCandidate && !isRelayed(path.address)) this.#try(path, now);
      }
      return;
    }
    const relays = this.#paths.filter(({ address }) => isRelayed(address));
    const relay = relays.findLast(({ isValidated }) => isValidated) ?? relays.at(-1);
    if (relay === undefined) return;
    this.#active.isValidated = false;
    this.#activate(relay, undefined);
  }

  /** Told once for every change of {@link address}. */
  takeMove(): Move | undefined {
    const move = this.#move;
    this.#move = undefined;
    return move;
  }

  /** The next packet of its own that a path needs. */
  poll(now: number): PathProbe | undefined {
    const response = this.#responses.shift();
    if (response !== undefined) return response;
    for (const path of this.#paths) {
      const { challenge } = path;
      if (challenge === undefined || challenge.nextAt > now) continue;
      if (challenge.tries >= (path === this.#active ? doubtTries : triesMs.length)) {
        this.#giveUp(path, now);
        return this.poll(now);
      }
      this.#countTry(challenge, now);
      return { to: path.address, type: 'pathChallenge', data: challenge.data };
    }
    return undefined;
  }

  /**
   * Whether so much may go to an address now; counts it if so.
   * An address that we try of our own accord gets no more than a handful of small challenges.
   */
  permits(to: Address, bytes: number): boolean {
    const path = this.#find(to);
    if (path === undefined || path.isValidated || path.isCandidate) return true;
    if (path.sentBytes + bytes > amplificationMax * path.receivedBytes) return false;
    path.sentBytes += bytes;
    return true;
  }

  /** When {@link poll} has something again. */
  get deadline(): number {
    if (this.#responses.length > 0) return Number.NEGATIVE_INFINITY;
    let deadline = Number.POSITIVE_INFINITY;
    for (const { challenge } of this.#paths) {
      if (challenge !== undefined) deadline = Math.min(deadline, challenge.nextAt);
    }
    return deadline;
  }

  #find(address: Address): Path | undefined {
    if (sameAddress(address, this.#active.address)) return this.#active;
    return this.#paths.find((path) => sameAddress(path.address, address));
  }

  #add(address: Address): Path {
    const path = newPath(address, false);
    if (this.#paths.length >= pathsMax) {
      const spare = this.#paths.filter((old) => old !== this.#active && old !== this.#leading);
      const oldest = spare.find((old) => !isRelayed(old.address)) ?? spare[0];
      if (oldest !== undefined) this.#paths.splice(this.#paths.indexOf(oldest), 1);
    }
    this.#paths.push(path);
    return path;
  }

  #try(path: Path, now: number): void {
    path.isCandidate = true;
    path.challenge ??= this.#newChallenge(now);
  }

  #activate(path: Path, rttMs: number | undefined): void {
    const isNewHost = path.address.host !== this.#active.address.host;
    this.#active = path;
    this.#move = { address: path.address, isNewHost, rttMs };
  }

  #newChallenge(now: number): Challenge {
    const data = this.#random(challengeBytes);
    return { data, startedAt: now, tries: 0, nextAt: now, sentAt: now };
  }

  #countTry(challenge: Challenge, now: number): void {
    challenge.tries++;
    challenge.sentAt = now;
    challenge.nextAt = challenge.startedAt + (triesMs[challenge.tries] ?? lastTryMs);
  }

  #giveUp(path: Path, now: number): void {
    path.challenge = undefined;
    if (path === this.#active) this.fail(now);
    if (path.isValidated || path === this.#active) return;
    this.#paths.splice(this.#paths.indexOf(path), 1);
    if (this.#leading === path) this.#leading = this.#active;
  }
}

function newPath(address: Address, isValidated: boolean): Path {
  return {
    address,
    isValidated,
    isCandidate: isValidated,
    receivedBytes: 0,
    sentBytes: 0,
    challenge: undefined,
  };
}
