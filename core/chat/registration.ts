/** Who speaks under which name: claims, probes of those in the way, presence, and its end. */

import { type Address, addressKey } from '../protocol/address.ts';
import { equalBytes, toHex } from '../protocol/bytes.ts';
import type { Bulletin } from './bulletin.ts';
import { ClaimQuota } from './claim-quota.ts';
import { ClaimRules } from './claim-rules.ts';
import type { Delivery } from './delivery.ts';
import type { Directory } from './directory.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import type { CloseReason, Effects, Refusal } from './effects.ts';
import type { Groups } from './groups.ts';
import type { Invitations } from './invitations.ts';
import type { HubLimits } from './limits.ts';
import { foldName } from './names.ts';
import { PendingNames } from './pending-names.ts';
import type { Relay } from './relay.ts';
import type { Process, Processes } from './send-history.ts';
import { type Link, type Registration, type Session, toldAddress } from './sessions.ts';
import type { Policy } from './types.ts';
import type { ClientMessage } from './wire.ts';

/** A claim of a name. */
export type Claim = Extract<ClientMessage, { readonly type: 'register' }>;

/** A claim that waits until the link in its way has shown life or not. */
interface Waiter {
  readonly link: Link;
  readonly claim: Claim;
  readonly refusal: Refusal;
}

interface Probe {
  readonly deadline: number;
  readonly waiters: Waiter[];
}

/** What the desk works with. */
export interface DeskParts {
  readonly policy: Policy;
  readonly limits: HubLimits;
  readonly epoch: Uint8Array;
  readonly effects: Effects;
  readonly directory: Directory;
  readonly doorkeeper: Doorkeeper;
  readonly groups: Groups;
  readonly delivery: Delivery;
  readonly bulletin: Bulletin;
  readonly processes: Processes;
  readonly relay: Relay;
  readonly invitations: Invitations;
  /** The links that are up, by number. */
  readonly links: Map<number, Link>;
}

/** Admits clients to their names; one client is present under a name, and one at an address. */
export class RegistrationDesk {
  readonly #parts: DeskParts;
  /** By folded name; as many as there are names in use since the start. */
  readonly #sessions = new Map<string, Session>();
  readonly #linksByAddress = new Map<string, Link>();
  readonly #probes = new Map<Link, Probe>();
  readonly #quota: ClaimQuota;
  readonly #pendingNames: PendingNames;
  readonly #rules: ClaimRules;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#quota = new ClaimQuota(parts.limits.namesPerAddress);
    this.#pendingNames = new PendingNames(parts.effects);
    this.#rules = new ClaimRules({ ...parts, pendingNames: this.#pendingNames });
  }

  /** Who has registered under a folded name since the start. */
  findSession(folded: string): Session | undefined {
    return this.#sessions.get(folded);
  }

  /** Every client that has registered since the start, or is a member since before. */
  get sessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** Grants a claim, refuses it, or lets it wait for the probe of a link that is in its way. */
  claim(link: Link, claim: Claim, now: number): void {
    const refusal = this.#rules.objection(link, claim) ?? this.#rules.shortage(link, claim);
    if (refusal !== undefined) {
      this.#parts.effects.refuse(link, claim.requestId, refusal);
      return;
    }
    const obstacle = claim.auxiliary ? undefined : this.#obstacle(link, claim);
    if (obstacle !== undefined) {
      this.#await(obstacle.link, { link, claim, refusal: obstacle.refusal }, now);
    } else if (this.#parts.directory.find(claim.name) === undefined) {
      this.#bind(link, claim, now);
    } else {
      this.#admit(link, claim, now);
    }
  }

  /** The changes up to this number are stored: names that were claimed are bound now, and their claims go on. */
  release(stored: number, now: number): void {
    for (const { name, identity, waiters } of this.#pendingNames.take(stored)) {
      this.#parts.directory.bind(name, identity);
      for (const { link, claim } of waiters) {
        link.isClaiming = false;
        if (link.isUp) this.claim(link, claim, now);
      }
    }
  }

  /** Has a name stored as the link's, unless too many were from where it comes; the claim goes on then. */
  #bind(link: Link, claim: Claim, now: number): void {
    const { host } = link.address;
    const isPending = this.#pendingNames.find(claim.name) !== undefined;
    const retryMs = isPending ? 0 : this.#quota.waitMs(host, now);
    if (retryMs === 0) {
      this.#pendingNames.add(link, claim);
      return;
    }
    const { namesPerAddress } = this.#parts.limits;
    const detail = `${host} has claimed ${namesPerAddress} new names, as many as it may in a day; use one of them`;
    this.#parts.effects.refuse(link, claim.requestId, { code: 'SERVER_FULL', detail, retryMs });
  }

  /** The session of a bound name, as it was first spelt. */
  session(name: string): Session {
    const key = foldName(name);
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const session: Session = {
      name,
      key,
      memberships: new Map(),
      removedFrom: undefined,
      link: undefined,
    };
    this.#sessions.set(key, session);
    return session;
  }

  /** Ends every membership and the presence of a name for good; of an auxiliary link only itself. */
  deregister(link: Link, { session, isAuxiliary }: Registration): void {
    link.hasLeft = true;
    const { effects, groups } = this.#parts;
    this.#release(link);
    if (isAuxiliary) return;
    for (const membership of [...session.memberships.values()]) {
      groups.leave(membership, { reason: 'deregistered', by: '', words: '' });
    }
    session.removedFrom = undefined;
    this.#goOffline(link, session);
    effects.fact({ type: 'clientDeregistered', name: session.name });
  }

  /** Looks whether a client lives that somebody got no answer from; an absent one needs no look. */
  examine(name: string, now: number): void {
    const link = this.#sessions.get(foldName(name))?.link;
    if (link !== undefined) this.#probe(link, now);
  }

  /** What a probe found; life may show without one. A dead link in somebody's way is closed, else its name is offline. */
  settle(link: Link, isAlive: boolean, now: number): void {
    const probe = this.#probes.get(link);
    this.#probes.delete(link);
    if (isAlive) {
      this.#revive(link);
      for (const { link: claimant, claim, refusal } of probe?.waiters ?? []) {
        claimant.isClaiming = false;
        if (claimant.isUp) this.#parts.effects.refuse(claimant, claim.requestId, refusal);
      }
    } else if (probe !== undefined && probe.waiters.length > 0) {
      this.#close(link, 'silent');
      this.down(link);
      this.#reconsider(probe, now);
    } else if (probe !== undefined) {
      const session = presentSession(link);
      if (session !== undefined) this.#silence(link, session);
    }
  }

  /** A link comes from another address now: claims of the one before are looked at again, its own name is sought here. */
  move(link: Link, address: Address, now: number): void {
    const session = presentSession(link);
    this.#leaveAddress(link);
    link.address = address;
    if (session !== undefined) {
      this.#linksByAddress.set(addressKey(address), link);
      this.#parts.directory.setPresence(session.name, { address: toldAddress(link) });
    }
    this.retryClaims(link, now);
    // Nothing moves that does not live.
    this.settle(link, true, now);
  }

  /** A client has not answered for the policy's `silenceMs`. */
  unresponsive(link: Link): void {
    const session = presentSession(link);
    if (session === undefined) return;
    this.#silence(link, session);
    if (this.#parts.policy.removeUnresponsive) this.#parts.groups.remove(session);
  }

  /** The connection of a link has ended, without a word about its name. */
  down(link: Link): void {
    const session = presentSession(link);
    if (session !== undefined) this.#silence(link, session);
    this.#leave(link);
  }

  /** Ends a connection with words for the people at it; whoever was a member stays one, unless the policy removes it. */
  evict(link: Link, reason: CloseReason, words: string, now: number): void {
    this.#close(link, reason, words);
    this.#leave(link);
    this.retryClaims(link, now);
  }

  /** A name is nobody's any more; who claims it begins anew. */
  forgetSession(folded: string): void {
    this.#sessions.delete(folded);
  }

  /** Claims that waited for a link that is gone are looked at again. */
  retryClaims(link: Link, now: number): void {
    const probe = this.#probes.get(link);
    this.#probes.delete(link);
    if (probe !== undefined) this.#reconsider(probe, now);
  }

  handleTimeout(now: number): void {
    for (const [link, { deadline }] of this.#probes) {
      if (deadline <= now) this.settle(link, false, now);
    }
  }

  pollTimeout(): number | undefined {
    const deadlines = Array.from(this.#probes.values(), ({ deadline }) => deadline);
    return deadlines.length === 0 ? undefined : Math.min(...deadlines);
  }

  /** The link whose life decides about a claim. */
  #obstacle(link: Link, claim: Claim): { link: Link; refusal: Refusal } | undefined {
    const present = this.#sessions.get(foldName(claim.name))?.link;
    const neighbour = this.#linksByAddress.get(addressKey(link.address));
    if (neighbour !== undefined && neighbour !== present) {
      const address = `${link.address.host} port ${link.address.port}`;
      const detail = `a client that is online already uses ${address}`;
      return { link: neighbour, refusal: { code: 'ADDRESS_TAKEN', detail } };
    }
    if (present === undefined || claim.takeOver || isOfProcess(present, claim)) return undefined;
    const detail = `the name "${claim.name}" is present in another client`;
    return { link: present, refusal: { code: 'NAME_PRESENT', detail } };
  }

  #await(obstacle: Link, waiter: Waiter, now: number): void {
    const { effects, limits } = this.#parts;
    const probe = this.#probe(obstacle, now);
    if (probe.waiters.length >= limits.probeClaims) {
      effects.refuse(waiter.link, waiter.claim.requestId, waiter.refusal);
      return;
    }
    waiter.link.isClaiming = true;
    probe.waiters.push(waiter);
  }

  #probe(link: Link, now: number): Probe {
    const running = this.#probes.get(link);
    if (running !== undefined) return running;
    const probe = { deadline: now + this.#parts.limits.probeMs, waiters: [] };
    this.#probes.set(link, probe);
    this.#parts.effects.push({ type: 'probe', link: link.number });
    return probe;
  }

  #reconsider({ waiters }: Probe, now: number): void {
    for (const { link, claim } of waiters) {
      link.isClaiming = false;
      if (link.isUp) this.claim(link, claim, now);
    }
  }

  #admit(link: Link, claim: Claim, now: number): void {
    const { directory, effects, processes, policy, epoch, groups, bulletin } = this.#parts;
    link.hidesAddress = claim.hidesAddress;
    const session = this.session(directory.find(claim.name)?.name ?? claim.name);
    const process = processes.open(link.identity, claim.processId, claim.nextCounter);
    link.registration = { session, process, bot: claim.bot, isAuxiliary: claim.auxiliary };
    const replaced = claim.auxiliary ? undefined : this.#replace(session, process);
    if (!claim.auxiliary) this.#goOnline(link, session, claim.bot);
    const knownVersion = equalBytes(claim.epoch, epoch) ? claim.directoryVersion : 0;
    effects.send(link, {
      type: 'welcome',
      requestId: claim.requestId,
      name: session.name,
      ...policy,
      epoch,
      ...bulletin.open(link, session, knownVersion),
      groups: claim.auxiliary ? [] : groups.attach(session, link, claim.resume),
    });
    if (!claim.auxiliary) this.#goOn(link, session, claim, now);
    bulletin.goOn(link, knownVersion);
    if (replaced !== undefined) this.retryClaims(replaced, now);
  }

  /** Ends the link under which a name was present until now; its presence and memberships stay. */
  #replace(session: Session, process: Process): Link | undefined {
    const old = session.link;
    if (old === undefined) return undefined;
    const reason = old.registration?.process === process ? 'replaced' : 'takenOver';
    this.#parts.groups.detach(session);
    this.#parts.relay.leave(old);
    this.#leaveAddress(old);
    this.#release(old);
    this.#close(old, reason);
    return old;
  }

  /** What follows a welcome: which groups are lost, and messages that were missed. */
  #goOn(link: Link, session: Session, { resume }: Claim, now: number): void {
    const { delivery, groups, invitations } = this.#parts;
    groups.tellLosses(session, link, resume);
    invitations.tell(link, session, now);
    delivery.welcome(session);
  }

  #goOnline(link: Link, session: Session, bot: boolean): void {
    const { directory, effects, relay } = this.#parts;
    const { address } = link;
    session.link = link;
    relay.enter(link);
    this.#linksByAddress.set(addressKey(address), link);
    directory.setPresence(session.name, { address: toldAddress(link), online: true, bot });
    effects.fact({ type: 'clientRegistered', name: session.name, address });
  }

  #goOffline(link: Link, session: Session): void {
    session.link = undefined;
    this.#parts.relay.leave(link);
    this.#leaveAddress(link);
    this.#parts.directory.setPresence(session.name, { online: false });
  }

  #leaveAddress(link: Link): void {
    const key = addressKey(link.address);
    if (this.#linksByAddress.get(key) === link) this.#linksByAddress.delete(key);
  }

  #silence(link: Link, session: Session): void {
    if (link.isSilent) return;
    link.isSilent = true;
    this.#parts.directory.setPresence(session.name, { online: false });
    this.#parts.effects.fact({ type: 'clientLost', name: session.name });
  }

  #revive(link: Link): void {
    const session = presentSession(link);
    if (!link.isSilent || session === undefined) return;
    link.isSilent = false;
    this.#parts.directory.setPresence(session.name, { online: true });
  }

  /** The link is there no more, and its name not on it; who is a member stays one, unless the policy says otherwise. */
  #leave(link: Link): void {
    link.isUp = false;
    const session = presentSession(link);
    this.#release(link);
    if (session === undefined) return;
    this.#goOffline(link, session);
    this.#parts.groups.detach(session);
    if (this.#parts.policy.removeUnresponsive) this.#parts.groups.remove(session);
  }

  /** The link speaks under no name any more. */
  #release(link: Link): void {
    if (link.registration === undefined) return;
    this.#parts.processes.close(link.registration.process);
    link.registration = undefined;
    this.#parts.bulletin.close(link);
  }

  #close(link: Link, reason: CloseReason, words: string = reason): void {
    link.isUp = false;
    this.#parts.links.delete(link.number);
    this.#parts.effects.push({ type: 'close', link: link.number, reason, words });
  }
}

/** The session that is present on a link; an auxiliary link has none. */
function presentSession(link: Link): Session | undefined {
  const session = link.registration?.session;
  return session?.link === link ? session : undefined;
}

function isOfProcess(link: Link, { processId }: Claim): boolean {
  const process = link.registration?.process;
  return process !== undefined && process.id === toHex(processId);
}
