/** The heart of a server: what links report and clients ask goes in, what is to be done comes out. */

import type { Address } from '../protocol/address.ts';
import { toHex } from '../protocol/bytes.ts';
import { Archive } from './archive.ts';
import { BucketTable } from './bucket-table.ts';
import { Bulletin, newView } from './bulletin.ts';
import { CatchUp } from './catch-up.ts';
import { type Census, takeCensus } from './census.ts';
import { type CommandParts, chargeRequest } from './command.ts';
import { runCommand } from './commands.ts';
import { Delivery, type OutgoingMessage } from './delivery.ts';
import { Directory } from './directory.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { Effects, type HubEffect } from './effects.ts';
import { Entrance } from './entrance.ts';
import { Evictions } from './evictions.ts';
import { GroupQuota } from './group-quota.ts';
import { Groups } from './groups.ts';
import { Invitations } from './invitations.ts';
import { type HubLimits, parseLimits, parsePolicy } from './limits.ts';
import { Mailboxes } from './mailboxes.ts';
import { type Found, Queries } from './queries.ts';
import { type Dropped, nothingStored, type StoredState } from './records.ts';
import { RegistrationDesk } from './registration.ts';
import { Relay } from './relay.ts';
import { RuleBook } from './rule-book.ts';
import { Processes } from './send-history.ts';
import type { Link, Membership, Session } from './sessions.ts';
import { type HubSnapshot, takeSnapshot } from './snapshot.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Policy } from './types.ts';
import { type ClientMessage, clientCodec, controlConversation } from './wire.ts';

/** Invitations of one identity beyond those at once. */
const invitesPerSecond = 0.1;

/** What a hub is made of. */
export interface HubOptions {
  /** What clients may do; what is left out is as in `defaultPolicy`. */
  readonly policy?: Partial<Policy>;
  /** What is left out is as the fields of `HubLimits` say. */
  readonly limits?: Partial<HubLimits>;
  /** Bytes nobody can guess: for log ids and the boot's epoch. */
  readonly random: (count: number) => Uint8Array;
  /** Milliseconds since the epoch at the monotonic instant `now`: what messages are stamped with. */
  readonly wallClock: (now: number) => number;
  /** What the changes of earlier hubs came to. Default: nothing. */
  readonly stored?: StoredState;
  /** Whether what is stored outlives a crash, as a commit says. Default false. */
  readonly isDurable?: boolean;
  /** Keys (64 hex digits) or bound names that nobody but the configuration takes the role of an operator from. Default: none. */
  readonly operators?: readonly string[];
  /** 16 bytes that tell nothing of what they are the hash of: what is kept of invitations and passwords. */
  readonly hash: (bytes: Uint8Array) => Uint8Array;
}

/**
 * A machine without clock, randomness or input and output of its own. After every call its owner carries out what
 * `pollEffect` yields, in that order, and calls `handleTimeout` when `pollTimeout` is due.
 * Links are numbers of the owner's choice, never used twice; a link the hub does not know is ignored.
 */
export class Hub {
  readonly #parts: CommandParts;
  readonly #delivery: Delivery;
  readonly #queries: Queries;
  readonly #catchUp: CatchUp;
  readonly #links = new Map<number, Link>();
  readonly #relay = new Relay();

  /** @throws BanterError OPTION_INVALID */
  constructor(options: HubOptions) {
    const { random, wallClock, hash, stored = nothingStored, isDurable = false } = options;
    const policy = parsePolicy(options.policy ?? {});
    const limits = parseLimits(options.limits ?? {});
    const effects = new Effects(isDurable);
    const directory = new Directory(stored.names);
    const keeping = { limits, effects, directory, hash, random, wallClock };
    const doorkeeper = new Doorkeeper(keeping, stored.house, options.operators ?? []);
    const findSession = (folded: string): Session | undefined => desk.findSession(folded);
    const bulletin = new Bulletin({ limits, effects, directory, findSession });
    const queries = new Queries(effects);
    const offer = (membership: Membership): void => delivery.offerReleased(membership);
    const catchUp = new CatchUp({ limits, queries, offer });
    const { envelopes, outcomes } = stored;
    const kept = { envelopes, outcomes, wallClock };
    const mailboxes = new Mailboxes({ limits, effects, findSession, ...kept });
    const delivery = new Delivery(effects, bulletin, mailboxes, catchUp);
    const groups = new Groups(limits, random, effects, delivery);
    const { processesRemembered, sendsRemembered } = limits;
    const known = stored.processes;
    const processes = new Processes(processesRemembered, sendsRemembered, effects, known);
    const epoch = random(8);
    const shared = { policy, limits, effects, directory, groups, bulletin, doorkeeper };
    const links = this.#links;
    const relay = this.#relay;
    const rules = new RuleBook(limits, effects);
    const invitations = new Invitations({ limits, effects, rules, findSession, wallClock });
    const entrance = new Entrance({ rules, invitations, random, hash });
    const quota = new GroupQuota(limits);
    const order = { rules, invitations, entrance, quota };
    const atDesk = { ...shared, epoch, delivery, processes, links, relay, invitations };
    const desk = new RegistrationDesk(atDesk);
    groups.restore(stored.groups, (name) => desk.session(name));
    for (const { name, rules: kept } of stored.groups) rules.restore(groups.find(name), kept);
    for (const group of groups.all) {
      invitations.restore(group);
      const owner = directory.find(group.rules.owner ?? '');
      if (owner !== undefined) quota.hold(group, owner.key);
    }
    // Their connections ended with the hub before.
    if (policy.removeUnresponsive) for (const session of desk.sessions) groups.remove(session);
    const evictions = new Evictions({ ...shared, rules, mailboxes, desk, links });
    const archive = new Archive(effects, queries, limits.queriesAtOnce);
    const inviting = new BucketTable(limits.invitesAtOnce, invitesPerSecond);
    const rest = { mailboxes, archive, evictions, queries, inviting, wallClock };
    this.#parts = { ...shared, ...order, ...rest, desk };
    this.#delivery = delivery;
    this.#queries = queries;
    this.#catchUp = catchUp;
  }

  /** A connection stands; `identity` (32 bytes) is what it has proved, `address` where it comes from. */
  linkUp(number: number, identity: Uint8Array, address: Address): void {
    const { limits, effects } = this.#parts;
    if (this.#links.size >= limits.links) {
      effects.push({ type: 'close', link: number, reason: 'full', words: 'full' });
      return;
    }
    this.#links.set(number, {
      number,
      identity: toHex(identity),
      address,
      requests: new TokenBucket(limits.requestBurst, limits.requestsPerSecond),
      requestBytes: new TokenBucket(limits.requestByteBurst, limits.requestBytesPerSecond),
      isUp: true,
      registration: undefined,
      isClaiming: false,
      hasLeft: false,
      hidesAddress: false,
      isSilent: false,
      isReadable: false,
      nextConversation: controlConversation + 1,
      ready: [],
      view: newView(),
      mail: undefined,
    });
  }

  /**
   * A message came on a link.
   * @returns false if it is none that a client sends: it has changed nothing, and the owner counts it
   */
  receive(number: number, conversation: number, payload: Uint8Array, now: number): boolean {
    const link = this.#links.get(number);
    if (link === undefined) return true;
    const message = conversation === controlConversation ? clientCodec.decode(payload) : undefined;
    if (message === undefined) return false;
    this.#parts.desk.settle(link, true, now);
    this.#handle(link, message, payload.length, now);
    this.#publish(now);
    return true;
  }

  /** A datagram came on a link. @returns where it goes on the relay and what is sent there, if anything */
  relay(
    number: number,
    payload: Uint8Array,
    now: number,
  ): { readonly link: number; readonly payload: Uint8Array } | undefined {
    const link = this.#links.get(number);
    return link && this.#relay.forward(link, payload, this.#links, now);
  }

  /** A connection has ended. Who did not de-register is absent: a member still, unless the policy removes it. */
  linkDown(number: number, now: number): void {
    const link = this.#links.get(number);
    if (link === undefined) return;
    this.#links.delete(number);
    this.#parts.desk.down(link);
    this.#parts.desk.retryClaims(link, now);
    this.#publish(now);
  }

  /** A connection comes from another address now, which has been validated: others are told to seek its client there. */
  linkMoved(number: number, address: Address, now: number): void {
    const link = this.#links.get(number);
    if (link === undefined) return;
    this.#parts.desk.move(link, address, now);
    this.#publish(now);
  }

  /** A connection has not answered for the policy's `silenceMs`; `probed` tells when it does again. */
  unresponsive(number: number, now: number): void {
    const link = this.#links.get(number);
    if (link === undefined) return;
    this.#parts.desk.unresponsive(link);
    this.#publish(now);
  }

  /** A connection has shown life, or has not when it was asked to; without a word for `probeMs` the hub takes it for dead. */
  probed(number: number, isAlive: boolean, now: number): void {
    const link = this.#links.get(number);
    if (link === undefined) return;
    this.#parts.desk.settle(link, isAlive, now);
    this.#publish(now);
  }

  /** The changes up to this number are stored; what waited for them follows. */
  stored(number: number, now: number): void {
    const { effects, groups, mailboxes, desk } = this.#parts;
    effects.release(number);
    mailboxes.release(number);
    groups.release(number);
    desk.release(number, now);
    this.#publish(now);
  }

  /** What a query has found; undefined if the store could not look. */
  answered(number: number, found: Found, now: number): void {
    this.#queries.answered(number, found, now);
  }

  /** The store has let go of messages: nobody is to get them from memory either. */
  dropped(dropped: readonly Dropped[]): void {
    for (const each of dropped) this.#parts.groups.forget(each);
  }

  /** The store has no room, or has room again: until it has, whatever would change anything is refused `STORE_FULL`. */
  storeFull(isFull: boolean, now: number): void {
    this.#parts.effects.isStoreFull = isFull;
    this.#publish(now);
  }

  /** Whether what is stored from now on outlives a crash, as commits say. */
  set isDurable(isDurable: boolean) {
    this.#parts.effects.isDurable = isDurable;
  }

  /** To be called when {@link pollTimeout} is due; early calls do no harm. */
  handleTimeout(now: number): void {
    this.#parts.desk.handleTimeout(now);
    this.#parts.mailboxes.handleTimeout(now);
    this.#catchUp.handleTimeout(now);
    this.#publish(now);
  }

  /** The instant at which {@link handleTimeout} is due, or undefined. */
  pollTimeout(): number | undefined {
    const { desk, directory, mailboxes } = this.#parts;
    const machines = [desk, directory, mailboxes, this.#catchUp];
    const deadlines = machines.map((machine) => machine.pollTimeout());
    const due = deadlines.filter((deadline) => deadline !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** The next thing to do. */
  pollEffect(): HubEffect | undefined {
    return this.#parts.effects.poll();
  }

  /** Whether more waits for changes to be stored than may: the owner closes the connection of who asks. */
  get isOverrun(): boolean {
    const { effects, limits } = this.#parts;
    return effects.heldBytes > limits.heldBytes;
  }

  /** Memory of what was read from the store for members that are behind. Bytes. */
  get pageBytes(): number {
    return this.#catchUp.bytes;
  }

  /** Whether {@link readNext} has left something to do: effects to poll. */
  get hasAsked(): boolean {
    return this.#parts.effects.hasPrompt;
  }

  /** The next message for a connection that has room: the directory, its mail, then its groups in turn; undefined if there is none. */
  readNext(number: number): OutgoingMessage | undefined {
    const link = this.#links.get(number);
    return link === undefined ? undefined : this.#delivery.readNext(link);
  }

  /** Whether a connection speaks under a name. */
  isRegistered(number: number): boolean {
    return this.#links.get(number)?.registration !== undefined;
  }

  /** All that lasts, as plain data in one order. */
  snapshot(): HubSnapshot {
    return takeSnapshot(this.#parts, this.#links.values());
  }

  /** How many there are of everything. */
  census(): Census {
    const { directory, groups, desk, mailboxes } = this.#parts;
    return takeCensus(directory, groups.all, desk.sessions, mailboxes);
  }

  /** Changes that are not stored yet. */
  get unstored(): number {
    return this.#parts.effects.unstored;
  }

  #handle(link: Link, message: ClientMessage, bytes: number, now: number): void {
    const { limits, effects, desk, bulletin, mailboxes, doorkeeper } = this.#parts;
    if (message.type === 'confirm') {
      const membership = membershipOf(link, message.conversation);
      if (membership !== undefined) this.#delivery.confirm(membership, message.seq);
      return;
    }
    if (message.type === 'directoryCheck') {
      const { version, hash } = message;
      if (link.registration !== undefined) bulletin.check(link, version, hash, now);
      return;
    }
    if (message.type === 'settle') {
      mailboxes.settle(link, message.id, message.outcome);
      return;
    }
    if (message.type === 'confirmSettled') {
      mailboxes.confirm(link, message.id);
      return;
    }
    const { requestId } = message;
    if (message.type === 'register') {
      const refusal = chargeRequest(limits, link, bytes, now);
      if (refusal === undefined) desk.claim(link, message, now);
      else effects.refuse(link, requestId, refusal);
      return;
    }
    if (message.type === 'admit' && link.registration === undefined) {
      const excess = chargeRequest(limits, link, bytes, now);
      const refusal = excess ?? doorkeeper.admit(link, message.token, now);
      if (refusal === undefined) effects.send(link, { type: 'done', requestId });
      else effects.refuse(link, requestId, refusal);
      return;
    }
    const refusal =
      link.registration === undefined
        ? ({ code: 'NOT_REGISTERED', detail: 'this connection has no name yet' } as const)
        : runCommand(this.#parts, { ...link.registration, link, bytes, now }, message);
    if (refusal !== undefined) effects.refuse(link, requestId, refusal);
  }

  /** Clients may read the directory's changes, when it is their time. */
  #publish(now: number): void {
    const { directory, effects, bulletin } = this.#parts;
    if (!directory.publish(now)) return;
    bulletin.publish(this.#links.values());
    effects.fact({
      type: 'directoryChanged',
      // Put together when somebody looks at it.
      get entries() {
        return directory.entries;
      },
    });
  }
}

/** Whose conversation it is on a link: a client is in few groups, so that a table of them would cost more than a look. */
function membershipOf({ registration }: Link, conversation: number): Membership | undefined {
  for (const membership of registration?.session.memberships.values() ?? []) {
    if (membership.listener?.conversation === conversation) return membership;
  }
  return undefined;
}
