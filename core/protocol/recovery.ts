/** What a connection has sent: round-trip time, lost packets and probe timeouts (RFC 9002 §5 and §6). */

import { ackDelayMsMax } from './ack.ts';
import { Congestion } from './congestion.ts';
import type { PacketRange } from './frame.ts';

/** RFC 9002 §6.1.1. */
const packetThreshold = 3;

/** RFC 9002 §6.1.2. */
const timeThreshold = 9 / 8;

/** The clock's granularity (RFC 9002 §6.1.2). Milliseconds. */
const granularityMs = 1;

/** RFC 9002 §6.2.2; a first probe after one second. Milliseconds. */
const initialRttMs = 333;

/** A probe never comes sooner: half the tail at 5 % loss comes from this floor being low. Milliseconds. */
const probeTimeoutMsMin = 50;
const probeTimeoutMsMax = 5000;

/** A stall looks like a slow path for many round trips; a peer is asked this often all the same before it counts as silent. */
const probesPerSilence = 5;

/** …and on a way that is longer than that at least so often. */
const farProbesPerSilence = 2;

/** Probes per timeout: one instead of two doubles the tail at 20 % loss. */
export const probesPerTimeout = 2;

/** Packets that were acknowledged or lost and not dropped from the array yet. */
const spentPacketsMax = 64;

const nothing: readonly never[] = [];

/** A sent packet that is neither acknowledged nor lost; `content` is whatever its sender needs to send it again. */
export interface SentPacket<Content> {
  readonly packetNumber: number;
  readonly sentAt: number;
  readonly bytes: number;
  readonly content: Content;
}

/** The verdict of an ACK or a timeout. */
export interface Outcome<Content> {
  readonly acknowledged: readonly SentPacket<Content>[];
  readonly lost: readonly SentPacket<Content>[];
}

export class Recovery<Content> {
  #congestion = new Congestion();
  /** In order of packet numbers, from {@link #head} on; what stands before was acknowledged or lost. */
  #sent: SentPacket<Content>[] = [];
  #head = 0;
  #smoothedRttMs: number;
  #rttVariationMs: number;
  #latestRttMs: number;
  #minimumRttMs = Number.POSITIVE_INFINITY;
  /** Of what was seen of this path, sleeps included: no answer comes sooner. */
  #shortestRttMs: number;
  #largestAcknowledged = -1;
  #nextPacketNumber = 0;
  #lossDeadline: number | undefined;
  #lastSentAt = 0;
  /** What was sent before took another way, whose round-trip time is of no use. */
  #pathSince = Number.NEGATIVE_INFINITY;
  #probeCount = 0;
  #probeTimeoutMsMax = probeTimeoutMsMax;
  #farProbeTimeoutMsMax = Number.POSITIVE_INFINITY;

  /** @param rttMs an upper bound of the round-trip time from the handshake, if one was seen */
  constructor(rttMs: number = initialRttMs) {
    this.#smoothedRttMs = Math.min(rttMs, initialRttMs);
    this.#rttVariationMs = this.#smoothedRttMs / 2;
    this.#latestRttMs = this.#smoothedRttMs;
    this.#shortestRttMs = rttMs;
  }

  get smoothedRttMs(): number {
    return this.#smoothedRttMs;
  }

  get congestion(): Congestion {
    return this.#congestion;
  }

  /** Probe timeouts in a row without an acknowledgement. */
  get probeCount(): number {
    return this.#probeCount;
  }

  /** Packets take another way from now on, of which nothing is known but one round trip, if at all (RFC 9000 §9.4). */
  changePath(now: number, rttMs: number = initialRttMs): void {
    this.#congestion = this.#congestion.afresh(now);
    this.#pathSince = now;
    this.#smoothedRttMs = rttMs;
    this.#rttVariationMs = rttMs / 2;
    this.#latestRttMs = rttMs;
    this.#shortestRttMs = rttMs;
    this.#minimumRttMs = Number.POSITIVE_INFINITY;
    this.#probeCount = 0;
  }

  /** The number of the next packet; each is handed out once. */
  get nextPacketNumber(): number {
    return this.#nextPacketNumber;
  }

  /** How long the peer may be silent: bounds the time between probes, whatever the round-trip time is. Milliseconds. */
  set silenceMs(silenceMs: number) {
    this.#probeTimeoutMsMax = Math.min(probeTimeoutMsMax, silenceMs / probesPerSilence);
    this.#farProbeTimeoutMsMax = silenceMs / farProbesPerSilence;
  }

  get hasUnacknowledged(): boolean {
    return this.#head < this.#sent.length;
  }

  /** Unacknowledged packets, oldest first. */
  unacknowledged(): readonly SentPacket<Content>[] {
    return this.#sent.slice(this.#head);
  }

  /** Books the packet that takes the next number. Packets that elicit no ACK are not kept: nobody misses them. */
  send(bytes: number, content: Content, ackEliciting: boolean, now: number): void {
    const packetNumber = this.#nextPacketNumber++;
    if (!ackEliciting) return;
    this.#sent.push({ packetNumber, sentAt: now, bytes, content });
    this.#congestion.sent(bytes);
    this.#lastSentAt = now;
  }

  /** Takes an ACK. @returns undefined if it acknowledges what was never sent: the peer is broken or lying */
  receiveAck(
    ranges: readonly PacketRange[],
    delayMs: number,
    limited: boolean,
    now: number,
  ): Outcome<Content> | undefined {
    const newest = ranges[0]?.last ?? -1;
    if (newest >= this.#nextPacketNumber) return undefined;
    const acknowledged = this.#takeAcknowledged(ranges);
    const newestPacket = acknowledged.at(-1);
    if (newestPacket?.packetNumber === newest && newestPacket.sentAt >= this.#pathSince) {
      const sampleMs = now - newestPacket.sentAt;
      this.#shortestRttMs = Math.min(this.#shortestRttMs, sampleMs);
      // Of a longer time the peer, or this process, has slept a part: it says nothing of the way.
      this.#sampleRtt(Math.min(sampleMs, this.#longestWaitMs), delayMs);
      const next = this.#nextPacketNumber;
      this.#congestion.sampleRtt(this.#latestRttMs, this.#minimumRttMs, newest, next);
    }
    this.#largestAcknowledged = Math.max(this.#largestAcknowledged, newest);
    for (const packet of acknowledged) {
      this.#congestion.acknowledged(packet.bytes, packet.sentAt, limited);
    }
    if (acknowledged.length > 0) this.#probeCount = 0;
    return { acknowledged, lost: this.#detectLost(now) };
  }

  /** When {@link handleTimeout} is due: a packet becomes lost, or a probe must go out. */
  pollTimeout(): number | undefined {
    if (this.#lossDeadline !== undefined) return this.#lossDeadline;
    if (!this.hasUnacknowledged) return undefined;
    return this.#lastSentAt + this.#probeTimeoutMs();
  }

  /** @returns packets that time declared lost, or `probe` when the peer must be asked for an ACK */
  handleTimeout(now: number): readonly SentPacket<Content>[] | 'probe' | undefined {
    const deadline = this.pollTimeout();
    if (deadline === undefined || now < deadline) return undefined;
    if (this.#lossDeadline !== undefined) return this.#detectLost(now);
    this.#probeCount++;
    this.#lastSentAt = now;
    return 'probe';
  }

  /** RFC 9002 §6.2.1. */
  #probeTimeoutMs(): number {
    const once =
      this.#smoothedRttMs + Math.max(4 * this.#rttVariationMs, granularityMs) + ackDelayMsMax;
    const doubled = Math.max(once, probeTimeoutMsMin) * 2 ** Math.min(this.#probeCount, 16);
    return Math.min(doubled, this.#longestWaitMs);
  }

  /** The bound of probe timeouts; not so low that everything would go twice because its answer cannot be there yet. */
  get #longestWaitMs(): number {
    if (this.#shortestRttMs === Number.POSITIVE_INFINITY) return this.#probeTimeoutMsMax;
    const answerMs = timeThreshold * this.#shortestRttMs + ackDelayMsMax;
    return Math.max(this.#probeTimeoutMsMax, Math.min(answerMs, this.#farProbeTimeoutMsMax));
  }

  #takeAcknowledged(ranges: readonly PacketRange[]): readonly SentPacket<Content>[] {
    const taken: SentPacket<Content>[] = [];
    const kept: SentPacket<Content>[] = [];
    let rangeAt = ranges.length - 1;
    let at = this.#head;
    for (; ; at++) {
      const packet = this.#sent[at];
      if (packet === undefined) break;
      while (rangeAt >= 0 && (ranges[rangeAt]?.last ?? 0) < packet.packetNumber) rangeAt--;
      const range = ranges[rangeAt];
      if (range === undefined) break;
      if (packet.packetNumber >= range.first) taken.push(packet);
      else kept.push(packet);
    }
    // What lies between acknowledged packets moves up to those that come after them.
    for (const packet of kept.reverse()) this.#sent[--at] = packet;
    this.#dropBefore(at);
    return taken;
  }

  /** Forgets the packets before a place; moving the rest costs less the rarer it is. */
  #dropBefore(at: number): void {
    this.#head = at;
    if (at < this.#sent.length && at < spentPacketsMax) return;
    this.#sent = this.#sent.slice(at);
    this.#head = 0;
  }

  /** RFC 9002 §5.3. */
  #sampleRtt(sampleMs: number, delayMs: number): void {
    const first = this.#minimumRttMs === Number.POSITIVE_INFINITY;
    this.#minimumRttMs = Math.min(this.#minimumRttMs, sampleMs);
    const delay = Math.min(delayMs, ackDelayMsMax);
    const adjusted = sampleMs >= this.#minimumRttMs + delay ? sampleMs - delay : sampleMs;
    this.#latestRttMs = adjusted;
    if (first) {
      this.#smoothedRttMs = adjusted;
      this.#rttVariationMs = adjusted / 2;
      return;
    }
    const deviation = Math.abs(this.#smoothedRttMs - adjusted);
    this.#rttVariationMs += (deviation - this.#rttVariationMs) / 4;
    this.#smoothedRttMs += (adjusted - this.#smoothedRttMs) / 8;
  }

  /** RFC 9002 §6.1: lost is what stands far enough before an acknowledged packet, by count or by time: the oldest ones. */
  #detectLost(now: number): readonly SentPacket<Content>[] {
    this.#lossDeadline = undefined;
    const oldest = this.#sent[this.#head];
    if (oldest === undefined || oldest.packetNumber > this.#largestAcknowledged) return nothing;
    const patienceMs = Math.max(
      timeThreshold * Math.max(this.#latestRttMs, this.#smoothedRttMs),
      granularityMs,
    );
    let at = this.#head;
    for (; ; at++) {
      const packet = this.#sent[at];
      if (packet === undefined || packet.packetNumber > this.#largestAcknowledged) break;
      const expiresAt = packet.sentAt + patienceMs;
      if (expiresAt > now && packet.packetNumber > this.#largestAcknowledged - packetThreshold) {
        this.#lossDeadline = expiresAt;
        break;
      }
    }
    const lost = this.#sent.slice(this.#head, at);
    this.#dropBefore(at);
    this.#bookLost(lost, now);
    return lost;
  }

  #bookLost(lost: readonly SentPacket<Content>[], now: number): void {
    const newest = lost.at(-1);
    if (newest === undefined) return;
    const bytes = lost.reduce((sum, packet) => sum + packet.bytes, 0);
    this.#congestion.lost(bytes, newest.sentAt, now);
  }
}
