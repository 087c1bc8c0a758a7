/** One plugin as the chat process knows it: its phase, what waits for it, and what it has done. */

import { BanterError } from '../core/error-api.ts';
import { Agenda, type Refusal } from './agenda.ts';
import type { PluginError, PluginEvent } from './bridge.ts';
import { Budgets, type Spending } from './budgets.ts';
import type { Bundle } from './bundle.ts';
import type { CommandInfo } from './command-info.ts';
import { CpuMeter } from './cpu-meter.ts';
import { explain } from './explanation.ts';
import type { Fact } from './feed.ts';
import type { Granted } from './granted.ts';
import { Handling } from './handling.ts';
import { type HeardEvent, isHeardOnly } from './heard-events.ts';
import { sharedHome } from './hosts.ts';
import { limits } from './limits.ts';
import type { Isolation, Manifest } from './manifest.ts';
import { Metrics } from './metrics.ts';
import { Pace } from './pace.ts';
import { mayReceive } from './permissions.ts';
import type { PluginOrder } from './plugin-order.ts';
import { noCounters, type Phase, type PluginCounters, type PluginStatus } from './plugin-status.ts';
import { Recovery } from './recovery.ts';
import { Terms } from './terms.ts';
import { offered } from './usage.ts';

/** Lives from its load to its end, across restarts of the child. */
export class HostedPlugin {
  #slot: number;
  #formerSlot: number | undefined;
  readonly order: PluginOrder;
  readonly bundle: Bundle;
  /** Its place among the plugins: that of what it replaces, else its slot. */
  readonly rank: number;
  readonly #started = Promise.withResolvers<void>();
  #ended = Promise.withResolvers<void>();
  #predecessor: HostedPlugin | undefined;
  #isReplaced = false;
  readonly #counters = { ...noCounters };
  readonly #noted = new Set<string>();
  /** What its isolate has been told and has not handled. */
  readonly handling: Handling = new Handling();
  readonly metrics: Metrics = new Metrics();
  /** The processor time that it uses. */
  readonly cpu: CpuMeter = new CpuMeter();
  /** How often it came back. */
  readonly recovery: Recovery = new Recovery();
  /** How fast it is served. */
  readonly pace: Pace = new Pace();
  readonly #budgets = new Budgets();
  #life = 1;
  #phase: Phase = 'loading';
  #reason = '';
  readonly #terms = new Terms();
  readonly #heard = new Set<HeardEvent>();
  #commands: CommandInfo[] = [];
  #prefix = '';
  #isLeaving = false;
  #isolation: Isolation;
  readonly #agenda = new Agenda();

  constructor(slot: number, order: PluginOrder, bundle: Bundle, predecessor?: HostedPlugin) {
    this.#slot = slot;
    this.#predecessor = predecessor;
    this.rank = predecessor?.rank ?? slot;
    this.order = order;
    this.bundle = bundle;
    this.#isolation = order.isIsolated ? 'process' : 'shared';
    // Whoever loads awaits `started`; a plugin of a runtime that closes early has nobody left to tell.
    this.#started.promise.catch(() => undefined);
  }

  /** Its number at the child; never used twice. */
  get slot(): number {
    return this.#slot;
  }

  /** Whether this is its number, or was before it came back. */
  isCalled(slot: number): boolean {
    return slot === this.#slot || slot === this.#formerSlot;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Its id, or the file's name until that is known. */
  get name(): string {
    return this.manifest?.id ?? this.bundle.file;
  }

  get manifest(): Manifest | undefined {
    return this.#terms.manifest;
  }

  get isolation(): Isolation {
    return this.#isolation;
  }

  /** The process that it lives in: its own is called as it is. */
  get home(): number {
    return this.#isolation === 'process' ? this.slot : sharedHome;
  }

  /** Milliseconds of processor time that it may use within a minute. */
  get cpuMsPerMinute(): number {
    return this.#terms.cpuMsPerMinute;
  }

  /** The version that it is to replace; none any more once it has. */
  get predecessor(): HostedPlugin | undefined {
    return this.#predecessor;
  }

  /** Whether it is to replace another one, and hears nothing until it does. */
  get isCandidate(): boolean {
    return this.#predecessor !== undefined;
  }

  /** Whether nobody is told of it: it is still to take over, or has been replaced. */
  get isBehind(): boolean {
    return this.isCandidate || this.#isReplaced;
  }

  /** Whether it is decided what it may do. */
  get isAuthorized(): boolean {
    return this.#terms.isAuthorized;
  }

  /** What it may do; nothing until that is decided. */
  get granted(): Granted {
    return this.#terms.granted;
  }

  /** Whether it has an isolate or waits for one. */
  get alive(): boolean {
    return this.#phase !== 'quarantined' && this.#phase !== 'stopped';
  }

  /** Changes with every isolate it gets: outcomes for an earlier one mean nothing to the next. */
  get life(): number {
    return this.#life;
  }

  /** Whether a load or a batch is under way. */
  get busy(): boolean {
    return this.#agenda.isUnderWay;
  }

  /** Whether it does nothing before it is told something: it may wait for what it has asked for. */
  get idle(): boolean {
    if (!this.alive) return true;
    return this.#phase !== 'loading' && !this.busy && this.#agenda.isEmpty(this.#readiness);
  }

  get commands(): readonly CommandInfo[] {
    return this.#commands;
  }

  /** Resolves when `setup` is done; rejects when loading failed. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Resolves when it is quarantined or stopped. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** What people are told of it; `nowMs` is of the machine. */
  status(nowMs: number): PluginStatus {
    return {
      id: this.name,
      version: this.manifest?.version ?? '',
      description: this.manifest?.description ?? '',
      source: this.order.source.file,
      files: this.bundle.files,
      state: this.#phase === 'quarantined' || this.#phase === 'stopped' ? this.#phase : 'running',
      reason: this.#reason,
      permissions: this.manifest?.permissions ?? [],
      grants: this.granted.notation,
      isDryRun: this.order.isDryRun,
      isolation: this.#isolation,
      cpuMs: this.cpu.usedMs(nowMs),
      cpuMsPerMinute: this.cpuMsPerMinute,
      recovery: this.recovery.status,
      commands: offered(this.#prefix, this.#commands),
      metrics: this.metrics.status(),
      counters: { ...this.#counters },
      queued: this.#agenda.waiting,
    };
  }

  /** Queues an event that it may know of; a full queue drops it. Returns why it is not told of it, if so. */
  offer(fact: Fact): Refusal | undefined {
    if (!this.isAuthorized) return { reason: 'it is not set up yet' };
    if (!this.alive || this.isBehind) return { reason: `it is ${this.#phase}` };
    if (!mayReceive(this.granted, fact.event)) return { reason: 'it lacks the permission' };
    const { type } = fact.event;
    // What it listens to is known when it is set up.
    if (this.#phase === 'running' && isHeardOnly(type) && !this.#heard.has(type)) {
      return { reason: 'it does not listen' };
    }
    if (this.#agenda.add(fact)) return undefined;
    this.#counters.eventsDropped += 1;
    const reason = `${limits.queuedEventsMax} events wait for it already`;
    return { reason, isFirstDrop: this.note('events dropped') };
  }

  /** Queues what goes before all events. */
  control(event: PluginEvent): void {
    if (this.alive) this.#agenda.control(event);
  }

  /** Queues a question to one of its hooks; false when there are too many. */
  ask(event: Extract<PluginEvent, { readonly type: 'hooked' }>): boolean {
    return this.alive && this.#agenda.ask(event);
  }

  /** The next thing to do at the child, if there is one and nothing is under way; `turned` ends it. */
  takeWork(nowMs: number): 'load' | readonly Fact[] | undefined {
    if (!this.alive || this.busy || this.pace.isPaused(nowMs)) return undefined;
    if (this.#phase === 'loading' && this.#agenda.beginLoad()) return 'load';
    const begun = this.#agenda.begin(this.#readiness);
    this.#counters.events += begun?.heard ?? 0;
    return begun?.batch;
  }

  /**
   * The load or batch under way has been handled, but for what goes on, and `characters` of actions came of it. `nowMs` is
   * of the machine, `clockMs` of whatever clock its timers go by.
   */
  turned(characters: number, nowMs: number, clockMs: number = nowMs): void {
    const batch = this.#agenda.end();
    this.handling.turned(batch, clockMs);
    const own = batch.length > 0 && batch.every(({ event }) => event.type === 'settled');
    this.pace.turned(characters, own, nowMs);
    if (batch.some(({ event }) => event.type === 'disposing')) this.end('stopped', '');
  }

  /** Gives it no more events, which wait; outcomes still come. */
  hold(): void {
    if (this.#phase === 'running') this.#phase = 'held';
  }

  /** It goes on after all. */
  release(): void {
    if (this.#phase === 'held') this.#phase = 'running';
  }

  /** It has been replaced: only outcomes still come. Returns the events that nobody has handled. */
  retire(): readonly Fact[] {
    this.#isReplaced = true;
    if (this.alive) this.#phase = 'retiring';
    return this.#agenda.handOver();
  }

  /** Whether it has to wait until its next turn because it keeps the chat process too busy. */
  paused(nowMs: number): boolean {
    return this.alive && this.pace.isPaused(nowMs);
  }

  /**
   * The child has read the manifest; what it may do is to be decided. On a restart the first manifest stays in force.
   * @throws BanterError OPTION_INVALID for settings that it does not know
   */
  described(manifest: Manifest): void {
    const isFirst = this.#terms.describe(manifest, this.order);
    if (isFirst) this.#budgets.sendsPerMinute = manifest.sendsPerMinute;
    this.#phase = 'asking';
  }

  /** It is decided what it may do; once it is described, `setup` is next. */
  authorized(granted: Granted): void {
    this.#terms.authorize(granted);
  }

  /** Queues `setup`. */
  setUp(me: string, prefix: string): void {
    this.#phase = 'settingUp';
    this.#prefix = prefix;
    this.control({ type: 'setup', me, prefix, config: this.#terms.config });
  }

  /** Takes note of a command; after `setup` there are no new ones. */
  addCommand({ name, aliases, description, args, example, permission }: CommandInfo): void {
    if (this.#phase === 'settingUp' && this.#commands.length < limits.commandsMax) {
      this.#commands.push({ name, aliases, description, args, example, permission });
    }
  }

  /** It wants to be told events of this type. */
  listens(event: HeardEvent): void {
    this.#heard.add(event);
  }

  /** `setup` is done; `waiting` is what the version before it has left unhandled. */
  ready(waiting: readonly Fact[] = []): void {
    this.#phase = 'running';
    this.#predecessor = undefined;
    for (const fact of waiting) {
      this.offer(fact);
      fact.release();
    }
    this.#started.resolve();
  }

  /**
   * Asks it to say goodbye; it is stopped once it has, or has died over it. With the client leaving, what it has not
   * handled is left for the next one of its name; else it counts as handled.
   */
  stop(isLeaving = false): void {
    this.#isLeaving = isLeaving;
    if (['running', 'held', 'retiring'].includes(this.#phase) && !this.#agenda.hasFarewell) {
      this.#phase = 'stopping';
      this.control({ type: 'disposing' });
    } else if (this.#phase !== 'stopping') {
      this.end('stopped', '');
    }
  }

  /** The child is gone: everything begins again, and messages it was handling come again as recovered. */
  restart(): void {
    if (this.#phase === 'stopping' || this.#phase === 'retiring') {
      this.end('stopped', '');
    }
    if (!this.alive) return;
    this.#phase = 'loading';
    this.#life += 1;
    this.#heard.clear();
    this.#commands = [];
    this.#agenda.again(this.handling);
  }

  /** It gets a process of its own, and begins there. */
  moveOut(): void {
    this.#isolation = 'process';
    this.restart();
  }

  /** It comes back from its quarantine as it was, under another number, in a process of its own if need be. */
  revive(slot: number, isIsolated: boolean): void {
    this.#formerSlot = this.#slot;
    this.#slot = slot;
    if (isIsolated) this.#isolation = 'process';
    this.#phase = 'loading';
    this.#reason = '';
    this.#ended = Promise.withResolvers<void>();
    this.cpu.reset();
    this.restart();
  }

  /** Ends it; loading it again makes a new one. */
  end(phase: 'quarantined' | 'stopped', reason: string, cause?: BanterError): void {
    this.#phase = phase;
    this.#reason = reason;
    // Whatever it has not handled holds up the client no more.
    if (!this.#isLeaving) this.handling.end();
    this.#agenda.clear(!this.#isLeaving);
    this.#started.reject(
      cause ?? new BanterError('PLUGIN_FAILED', `${this.name}: ${reason || 'stopped'}`),
    );
    this.#ended.resolve();
  }

  /** Messages wait for its hooks, also while it hears no more events. */
  get #readiness(): { readonly hears: boolean; readonly answers: boolean } {
    const hears = this.#phase === 'running' && !this.handling.isFull;
    return { hears, answers: ['running', 'held', 'retiring'].includes(this.#phase) };
  }

  /** Takes one of what it may do a minute; false when it has done enough. */
  spend(what: Spending, nowMs: number, amount = 1): boolean {
    return this.#budgets.take(what, nowMs, amount);
  }

  count(counter: keyof PluginCounters, by = 1): void {
    this.#counters[counter] += by;
  }

  /** True the first time that something is worth a log line. */
  note(what: string): boolean {
    const first = !this.#noted.has(what);
    if (this.#noted.size < 100) this.#noted.add(what);
    return first;
  }

  /** A text without the plugin's secrets. */
  redacted(text: string): string {
    return this.#terms.redacted(text);
  }

  /** An error of its code in one line, with the place in the author's file where that is known. */
  explain(error: PluginError): string {
    return explain(error, this.bundle, (words) => this.redacted(words));
  }
}
