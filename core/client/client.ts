/** A client of one server under one name: what the REPL, scripts and bots are made of. */

import { EventEmitter } from 'node:events';
import { Mirror } from '../chat/mirror.ts';
import type { Committed, Delivered, DirectoryEntry, Policy, Stored } from '../chat/types.ts';
import { defaultPolicy, policyOf } from '../chat/types.ts';
import { BanterError } from '../errors.ts';
import { SodiumCrypto } from '../net/sodium.ts';
import { systemEnvironment } from '../net/system.ts';
import type { Environment } from '../net/transport.ts';
import { toHex } from '../protocol/bytes.ts';
import { ClientFiles, Journal } from '../store/client-files.ts';
import type { Administration } from './administration.ts';
import type { GroupMessages } from './archive.ts';
import { Cursors } from './cursors.ts';
import { Deliveries } from './deliveries.ts';
import { deregister } from './departure.ts';
import type { ClientEvents } from './events.ts';
import { type JoinOptions, joinRequest, type Prove, prove } from './group-password.ts';
import { sendToGroup } from './group-sending.ts';
import { Inbox } from './inbox.ts';
import { Memberships } from './memberships.ts';
import { Moderation } from './moderation.ts';
import {
  type ConnectOptions,
  checkConnectOptions,
  type HistoryOptions,
  type ListUsersOptions,
  type SendOptions,
} from './options.ts';
import { unlessAborted } from './pacing.ts';
import { readNames } from './pages.ts';
import { type Interceptor, Passage } from './passage.ts';
import { sendToPeer } from './private-sending.ts';
import type { AnswerOf } from './requests.ts';
import { ServerTrust } from './server-trust.ts';
import type { SessionListener } from './session-options.ts';
import { Wiring } from './wiring.ts';

/**
 * Emits {@link ClientEvents}. Every method that talks to the server or a peer rejects with a `BanterError`:
 * a refusal of the server with its code, `CONNECTION_LOST` while the server is away, `CLOSED` after `close()`,
 * `ABORTED` when the signal fired, `OUTCOME_UNKNOWN` when a send's fate cannot be known.
 */
export class Client extends EventEmitter<ClientEvents> {
  /** Roles, bans, mutes and topics of the groups this client is in. */
  readonly moderation: Moderation = new Moderation(
    (body, type) => this.#running.session.ask(body, type),
    (group, password) => this.#prove(group, password),
  );
  /** For listeners that go on with a message after they have returned. */
  readonly cursors: Cursors = new Cursors();
  readonly #options: ConnectOptions;
  readonly #environment: Environment;
  readonly #trust: ServerTrust;
  readonly #files: ClientFiles;
  readonly #mirror = new Mirror();
  readonly #memberships = new Memberships(this.cursors);
  readonly #deliveries: Deliveries;
  readonly #inbox: Inbox;
  readonly #passage = new Passage(this, {
    hold: (message) => this.cursors.hold(message),
    now: () => this.#environment.now(),
  });
  #wiring: Wiring | undefined;
  #name: string;
  #policy: Policy = defaultPolicy;
  /** Until the first welcome and a complete directory. */
  #connecting: PromiseWithResolvers<void> | undefined;
  #closing: Promise<boolean> | undefined;

  private constructor(options: ConnectOptions) {
    super();
    this.#options = options;
    this.#environment = options.environment ?? systemEnvironment;
    this.#name = options.name;
    this.#trust = new ServerTrust(options);
    const { dataDir, name } = options;
    this.#files = new ClientFiles(dataDir, this.#trust.address.name, name, () =>
      this.#environment.random(32),
    );
    this.#deliveries = new Deliveries({
      passage: this.#passage,
      environment: this.#environment,
      mirror: this.#mirror,
      memberships: this.#memberships,
      cursors: this.cursors,
      onDirectory: (changed) => this.#handleDirectory(changed),
      onGroupLost: (group) => this.#forgetGroup(group),
      onOverrun: () => this.#wiring?.session.restart('more came than can wait'),
      onHandled: (conversation, seq) =>
        this.#wiring?.session.tell({ type: 'confirm', conversation, seq }),
    });
    this.#inbox = new Inbox({
      // What the present client has held back is for it to show.
      journal: options.auxiliary ? new Journal(undefined) : this.#files.journal,
      holdsBack: () =>
        !this.#memberships.isOpen || (!this.#privateInGroup && this.groups.length > 0),
      onShow: (message) => this.#passage.deliver(message),
      onHeldBack: (from) => this.#passage.emit('privateMessageHeldBack', from),
    });
  }

  /**
   * Registers `options.name` and resolves once the server has welcomed it and the directory is complete.
   * @throws BanterError SERVER_UNREACHABLE, SERVER_KEY_CHANGED, NAME_INVALID, NAME_TAKEN, NAME_CONFUSABLE, NAME_PRESENT, ADDRESS_TAKEN,
   * BANNED_FROM_SERVER, NOT_ADMITTED, INVITATION_INVALID, RATE_LIMITED, SERVER_FULL, ADDRESS_INVALID, PORT_IN_USE,
   * OPTION_INVALID, DATA_UNUSABLE, VERSION_UNSUPPORTED, ABORTED
   */
  static async connect(options: ConnectOptions): Promise<Client> {
    checkConnectOptions(options);
    const client = new Client(options);
    try {
      await client.#start();
    } catch (error) {
      await client.#free();
      throw error;
    }
    // Once the caller listens: what came before it could, and what an earlier process acknowledged and did not show.
    client.#environment.soon(() => {
      client.#deliveries.open();
      client.#inbox.release();
      client.#wiring?.openMail();
    });
    return client;
  }

  /** The name this client speaks under, as it was first claimed. */
  get name(): string {
    return this.#name;
  }

  /** The public key of this client, as peers pin it; comparing it by other means shows what the server told them. 64 hex digits. */
  get key(): string {
    return toHex(new SodiumCrypto().identity(this.#files.seed).publicKey);
  }

  /** What the server allows. */
  get policy(): Policy {
    return this.#policy;
  }

  /** The server's identity in the form that `#fingerprint` takes. */
  get serverFingerprint(): string {
    return this.#trust.fingerprint;
  }

  /** The local UDP port. */
  get localPort(): number {
    return this.#wiring?.localPort ?? 0;
  }

  /** Whether the server answers at present. */
  get connected(): boolean {
    return this.#wiring?.session.isReady ?? false;
  }

  /**
   * Those the server tells of, by name, with the client's own entry: everybody, or on a large server (2,000 names by
   * default) the members of its groups and whom it wrote to; see {@link listUsers}.
   */
  get directory(): ReadonlyMap<string, DirectoryEntry> {
    return this.#mirror.entries;
  }

  /** The groups this client is a member of, oldest membership first. */
  get groups(): readonly string[] {
    return this.#memberships.groups;
  }

  /** Datagrams that were dropped, by reason. */
  get drops(): ReadonlyMap<string, number> {
    return this.#wiring?.endpoint.drops ?? new Map();
  }

  /**
   * Sends a private message, client to client; resolves when the peer's client has it, or with `stored` when the server
   * keeps it, sealed, for a peer that is absent: `privateMessageDelivered` tells when that has it.
   * @throws BanterError USER_UNKNOWN, NOT_WHILE_IN_GROUP, PEER_UNREACHABLE, PEER_KEY_CHANGED, MESSAGE_TOO_LONG,
   * MAILBOX_FULL, OUTCOME_UNKNOWN
   */
  async send(to: string, given: string, options: SendOptions = {}): Promise<Delivered | Stored> {
    if (!this.#privateInGroup && this.groups.length > 0) {
      const groups = this.groups.join(', ');
      throw new BanterError('NOT_WHILE_IN_GROUP', `no private messages from inside ${groups}`);
    }
    const by = { from: this.#name, bot: !!this.#options.bot, to };
    return this.#passage.send({ to }, given, options, (text) =>
      sendToPeer(this.#running, this.#environment, { ...by, text }, options),
    );
  }

  /**
   * Sends to a group this client is in; resolves when the server has given the message its place.
   * @throws BanterError NOT_MEMBER, REMOVED_FROM_GROUP, MESSAGE_TOO_LONG, RATE_LIMITED, TOO_MANY_HOPS, OUTCOME_UNKNOWN
   */
  async sendGroup(group: string, given: string, options: SendOptions = {}): Promise<Committed> {
    const to = { group: this.#memberships.find(group) ?? group };
    return this.#passage.send(to, given, options, (text) =>
      sendToGroup(this.#running.session, this.#environment, { ...to, text }, options),
    );
  }

  /** Lets somebody change or stop the messages that are told from now on, and those that are sent; one at a time. */
  intercept(interceptor: Interceptor | undefined): void {
    this.#passage.interceptor = interceptor;
  }

  /** Creates a group without joining it. @throws BanterError GROUP_EXISTS, GROUP_NAME_INVALID, SERVER_FULL */
  async createGroup(group: string): Promise<void> {
    await this.#running.session.ask({ type: 'createGroup', group }, 'done');
  }

  /** The names of all groups, sorted. */
  async listGroups(): Promise<readonly string[]> {
    const names = await readNames((after) =>
      this.#running.session.ask({ type: 'listGroups', after }, 'groupList'),
    );
    return names.toSorted();
  }

  /**
   * Becomes a member.
   * @throws BanterError GROUP_UNKNOWN, GROUP_LIMIT, ALREADY_MEMBER, BANNED, INVITE_ONLY, PASSWORD_REQUIRED, PASSWORD_WRONG
   */
  async joinGroup(group: string, options: JoinOptions = {}): Promise<void> {
    await this.#running.session.ask(await joinRequest(this.#prove, group, options), 'joined');
  }

  /**
   * Ends the membership; private messages held back are told as events before this resolves.
   * @throws BanterError NOT_MEMBER, REMOVED_FROM_GROUP
   */
  async leaveGroup(group: string): Promise<void> {
    await this.#running.session.ask({ type: 'leaveGroup', group }, 'done');
  }

  /**
   * The members of a group this client is in, in the order in which they joined.
   * @throws BanterError NOT_MEMBER, REMOVED_FROM_GROUP
   */
  async listMembers(group: string): Promise<readonly string[]> {
    return readNames((after) =>
      this.#running.session.ask({ type: 'listMembers', group, after }, 'memberList'),
    );
  }

  /**
   * What was said in a group this client is in, since it was created and newest first, as far as the server keeps it.
   * @throws BanterError NOT_MEMBER, REMOVED_FROM_GROUP, HISTORY_UNREADABLE, OPTION_INVALID
   */
  history(group: string, options: HistoryOptions = {}): Promise<GroupMessages> {
    return this.#running.archive.history(group, options);
  }

  /** The same of messages that contain all the words. @throws BanterError as {@link history}, SEARCH_INVALID */
  search(group: string, words: string, options: HistoryOptions = {}): Promise<GroupMessages> {
    return this.#running.archive.search(group, words, options);
  }

  /** Users sorted by name: from the directory if it holds everybody, else from the server, page by page. */
  listUsers(options: ListUsersOptions = {}): Promise<readonly DirectoryEntry[]> {
    return this.#running.lookUps.list(options);
  }

  /** What an operator of the server can do; anybody else is refused NOT_OPERATOR. @throws BanterError CLOSED */
  get administration(): Administration {
    return this.#running.administration;
  }

  /** Tells the server that `name` did not answer; the server looks for itself. @throws BanterError USER_UNKNOWN */
  async reportUnanswered(name: string): Promise<void> {
    await this.#running.session.ask({ type: 'reportUnanswered', name }, 'done');
  }

  /**
   * De-registers, tells what was held back, frees the socket. Idempotent; never rejects.
   * @returns false when the server did not answer within `silenceMs`
   */
  close(): Promise<boolean> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #running(): Wiring {
    if (this.#wiring !== undefined && this.#closing === undefined) return this.#wiring;
    throw new BanterError('CLOSED', 'this client has been closed');
  }

  readonly #prove: Prove = (group, password) => prove(this.#trust.key, group, password);

  get #silenceMs(): number {
    return this.#options.silenceMs ?? this.#policy.silenceMs;
  }

  get #privateInGroup(): boolean {
    return this.#options.privateInGroup ?? this.#policy.privateInGroup;
  }

  async #start(): Promise<void> {
    const { signal } = this.#options;
    const wiring = await Wiring.open({
      options: this.#options,
      environment: this.#environment,
      server: this.#trust.address,
      serverKey: this.#trust.key,
      silenceMs: this.#silenceMs,
      files: this.#files,
      mirror: this.#mirror,
      memberships: this.#memberships,
      listener: this.#listener(),
      onDirectory: (changed) => this.#handleDirectory(changed),
      onPrivateMessage: (message) => this.#inbox.receive(message),
      hasMailbox: () => this.#policy.mailbox,
      onOutcome: (left) => this.#passage.emitOutcome(left),
    });
    this.#wiring = wiring;
    this.#connecting = Promise.withResolvers<void>();
    if (!signal?.aborted) wiring.session.start();
    await unlessAborted(this.#connecting.promise, signal);
    this.#connecting = undefined;
  }

  #listener(): SessionListener {
    return {
      onServerKey: (key) => this.#trust.learn(key),
      onWelcome: (welcome, isFirst) => this.#handleWelcome(welcome, isFirst),
      onJoined: (joined) => this.#deliveries.receiveJoined(joined),
      onLeft: (group) => this.#forgetGroup(group),
      onPush: (push, conversation) => {
        if (!this.#wiring?.receiveMail(push)) this.#deliveries.receive(push, conversation);
      },
      onLost: (reason, returnMs) => {
        this.#memberships.handleLoss();
        this.#wiring?.handleLoss();
        this.#passage.emit('disconnected', reason, returnMs);
      },
      onEnd: (error) => {
        if (this.#connecting === undefined) void this.#end(error);
        else this.#connecting.reject(error);
      },
    };
  }

  #handleWelcome(welcome: AnswerOf<'welcome'>, isFirst: boolean): void {
    this.#name = welcome.name;
    this.#policy = policyOf(welcome);
    this.#deliveries.resume(welcome.groups);
    this.#wiring?.handleWelcome();
    if (!isFirst) this.#passage.emit('reconnected');
    this.#handleDirectory(this.#mirror.begin(welcome));
  }

  #handleDirectory(changed: readonly DirectoryEntry[]): void {
    this.#wiring?.handleDirectory(changed);
    if (changed.length > 0) this.#passage.emit('directoryChanged', changed);
    if (this.connected && this.#mirror.isComplete) this.#connecting?.resolve();
  }

  /** This client is in a group no more: what was held back for its sake can be shown. */
  #forgetGroup(group: string): void {
    this.#memberships.delete(group);
    if (this.groups.length > 0) return;
    this.#inbox.release();
    this.#wiring?.letterbox.retry();
  }

  async #close(): Promise<boolean> {
    this.#deliveries.confirm();
    // Who is away hears nothing; the server will find out by the silence.
    const session = this.connected ? this.#wiring?.session : undefined;
    const isDone =
      session !== undefined && (await deregister(session, this.#environment, this.#silenceMs));
    this.#inbox.release();
    await this.#free();
    this.#passage.emit('closed', undefined);
    return isDone;
  }

  /** The session has ended by itself. */
  async #end(error: BanterError): Promise<void> {
    if (this.#closing !== undefined) return;
    this.#closing = Promise.resolve(false);
    this.#inbox.release();
    await this.#free();
    this.#passage.emit('closed', error);
  }

  async #free(): Promise<void> {
    const closed = new BanterError('CLOSED', 'this client has been closed');
    this.#wiring?.session.end(closed);
    this.#wiring?.direct.close(closed);
    await this.#wiring?.close();
    this.#files.close();
  }
}
