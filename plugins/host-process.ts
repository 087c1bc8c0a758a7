/** Supervisor of a child process that holds isolates: starts it in a cage, watches it, starts it again when it dies. */

import type { ChildProcess } from 'node:child_process';
import { spawnCaged } from './cage.ts';
import { endFaults } from './end-reason.ts';
import { type HostCommand, type HostReport, parseReport } from './host-bridge.ts';
import type { HostCode } from './host-code.ts';
import { Patience, type PatienceLimits, usageOf } from './patience.ts';

/** The bounds of the child. What happens at each stands beside it. */
const hostLimits = {
  /** Milliseconds of its processor time, and by the clock, from start to readiness; then it is killed and started again. */
  start: { ranMs: 10_000, clockMs: 60_000 },
  /** Milliseconds between looks at the child while it starts or has work. */
  watchMs: 50,
  /** Milliseconds of its processor time, and by the clock, without a word while it has work; then it is killed. */
  silence: { ranMs: 1500, clockMs: 15_000 },
  /** Resident megabytes of a child that plugins share or that is one's own, and more for each plugin; then it is killed. */
  rssMb: { shared: 300, own: 200 },
  rssMbPerPlugin: 4,
  /** Unexplained deaths within `deathsWindowMs` that it comes back from; at one more it stays off until the next load. */
  deathsMax: 3,
  deathsWindowMs: 600_000,
  /** Milliseconds before the start after the first unexplained death; doubled with each. */
  backoffMs: 100,
  /** Characters kept of what the child wrote to its standard error, for the reason of its death. */
  stderrCharactersMax: 2000,
} as const;

/** Why and by whom the child died. */
export interface HostDeath {
  readonly reason: string;
  /** The plugin that the child named, or the only one that was at work when it crashed or had to be killed. */
  readonly culprit: number | undefined;
  /** Whether the child named it, so that `reason` speaks of the plugin and not of the process. */
  readonly named: boolean;
  /** The plugins that were at work. */
  readonly suspects: readonly number[];
}

/** Whom the supervisor tells. */
export interface HostOwner {
  /** The child is ready and empty: everything has to be loaded (again). */
  hostUp(): void;
  hostReported(report: Extract<HostReport, { readonly slot: number }>): void;
  /** The child is dead. True when a culprit was found and removed, so that it may come back at once. */
  hostDied(death: HostDeath): boolean;
  /** The child stays off. */
  hostGaveUp(reason: string): void;
}

/** One child at a time. */
export class HostProcess {
  readonly #owner: HostOwner;
  readonly #code: () => Promise<HostCode>;
  readonly #rssMb: number;
  #state: 'off' | 'starting' | 'up' | 'closed' = 'off';
  #child: ChildProcess | undefined;
  /** Until the next start after a death. */
  #startTimer: NodeJS.Timeout | undefined;
  #watchTimer: NodeJS.Timeout | undefined;
  /** Plugins with a load or a batch under way in the child. */
  readonly #atWork = new Set<number>();
  /** Plugins that were at work since the last look. */
  readonly #recent = new Set<number>();
  readonly #loaded = new Set<number>();
  readonly #deathsMs: number[] = [];
  /** Why the child is being killed, by us or by itself, and whom it names. */
  #verdict: { readonly reason: string; readonly named?: number } | undefined;
  #stderr = '';
  #patience = new Patience(hostLimits.start, 0);
  #isLooking = false;

  /** `code` is asked for at the first start; `kind` says whether plugins share the child or one has it for itself. */
  constructor(
    owner: HostOwner,
    code: () => Promise<HostCode>,
    kind: keyof typeof hostLimits.rssMb = 'shared',
  ) {
    this.#owner = owner;
    this.#code = code;
    this.#rssMb = hostLimits.rssMb[kind];
  }

  /** The child's process id while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Whether commands reach a child. */
  get up(): boolean {
    return this.#state === 'up';
  }

  /** Starts the child unless it is there, and forgets earlier deaths when it had been given up. */
  start(): void {
    if (this.#state === 'off' && this.#startTimer === undefined) {
      this.#deathsMs.length = 0;
      void this.#spawn();
    }
  }

  /** Hands a command over; without a child it is dropped, because `hostUp` asks for everything anew. */
  send(command: HostCommand): void {
    if (this.#state !== 'up') return;
    if (command.type === 'load') {
      this.#loaded.add(command.slot);
      this.#begin([command.slot]);
    } else if (command.type === 'dispatch') {
      this.#begin(command.slots);
    } else if (command.type === 'unload') {
      this.#loaded.delete(command.slot);
    }
    this.#write(command);
  }

  /** Kills the child and resolves when it is gone. Idempotent. */
  async close(): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#startTimer);
    clearInterval(this.#watchTimer);
    const child = this.#child;
    if (child !== undefined) {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGKILL');
      await gone;
    }
  }

  async #spawn(): Promise<void> {
    this.#state = 'starting';
    this.#startTimer = undefined;
    try {
      const code = await this.#code();
      // Closed while the code was being made.
      if (this.#state === 'starting') this.#adopt(spawnCaged(code), code);
    } catch (error) {
      if (this.#state === 'starting') this.#state = 'off';
      this.#owner.hostGaveUp(error instanceof Error ? error.message : String(error));
    }
  }

  #adopt(child: ChildProcess, { script }: HostCode): void {
    this.#child = child;
    this.#verdict = undefined;
    this.#stderr = '';
    child.on('message', (message) => {
      if (child === this.#child) this.#receive(message);
    });
    child.on('error', (error) => {
      // Without a process id there was never a process, and no exit will follow.
      if (child.pid === undefined) this.#bury(child, error.message, false);
    });
    child.on('exit', (code, signal) => {
      const reason = this.#stderrReason() ?? `ended with ${signal ?? `code ${code}`}`;
      const bury = (): void => this.#bury(child, reason, signal === 'SIGKILL');
      // The channel may still hold the child's last words.
      if (child.connected) child.once('disconnect', bury);
      else bury();
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(script);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-hostLimits.stderrCharactersMax);
    });
    this.#watch(hostLimits.start);
  }

  #receive(message: unknown): void {
    this.#patience.rewarded();
    const report = this.#parse(message);
    switch (report?.type) {
      case undefined:
        break;
      case 'up':
        this.#state = 'up';
        this.#watch(hostLimits.silence);
        this.#owner.hostUp();
        break;
      case 'pong':
        this.#checkRss(report.rssBytes);
        break;
      case 'fatal':
        this.#verdict = { reason: endFaults[report.reason].reason, named: report.slot };
        break;
      case 'ended':
        this.#loaded.delete(report.slot);
        this.#atWork.delete(report.slot);
        this.#owner.hostReported(report);
        break;
      case 'used':
        this.#owner.hostReported(report);
        break;
      case 'turned':
        this.#atWork.delete(report.slot);
        this.#owner.hostReported(report);
        break;
    }
  }

  /** A child that sends what we never wrote has been taken over; it is killed. */
  #parse(message: unknown): HostReport | undefined {
    try {
      return parseReport(message);
    } catch (error) {
      this.#kill(`sent nonsense (${error instanceof Error ? error.message : String(error)})`);
      return undefined;
    }
  }

  #begin(slots: readonly number[]): void {
    for (const slot of slots) {
      this.#atWork.add(slot);
      this.#recent.add(slot);
    }
    if (this.#watchTimer === undefined) this.#watch(hostLimits.silence);
  }

  #watch(limits: PatienceLimits): void {
    this.#patience = new Patience(limits, performance.now());
    this.#watchTimer ??= setInterval(() => void this.#look(), hostLimits.watchMs);
  }

  /** Runs while the child starts or has work, and once more after it. */
  async #look(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || this.#isLooking) return;
    if (this.#state === 'up') {
      if (this.#atWork.size === 0 && this.#recent.size === 0) {
        clearInterval(this.#watchTimer);
        this.#watchTimer = undefined;
        return;
      }
      this.#write({ type: 'ping' });
    }
    this.#isLooking = true;
    const { cpuMs, rssBytes } = await usageOf(child.pid);
    this.#isLooking = false;
    if (child !== this.#child) return;
    if (rssBytes !== undefined) this.#checkRss(rssBytes);
    // What the child said while our own loop was busy has been received by now.
    if (this.#patience.isOver(performance.now(), cpuMs)) {
      this.#kill(this.#state === 'up' ? 'did not answer any more' : 'did not start in time');
    }
    this.#recent.clear();
    for (const slot of this.#atWork) this.#recent.add(slot);
  }

  #checkRss(bytes: number): void {
    const megabytesMax = this.#rssMb + hostLimits.rssMbPerPlugin * this.#loaded.size;
    if (bytes > megabytesMax * 1_048_576) {
      this.#kill(`used more than ${megabytesMax} MB of memory`);
    }
  }

  #kill(reason: string): void {
    this.#verdict ??= { reason };
    this.#child?.kill('SIGKILL');
  }

  #bury(child: ChildProcess, exitReason: string, killed: boolean): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    clearInterval(this.#watchTimer);
    this.#watchTimer = undefined;
    const verdict = this.#verdict;
    const suspects = [
      ...(this.#atWork.size > 0 || verdict === undefined ? this.#atWork : this.#recent),
    ];
    this.#atWork.clear();
    this.#recent.clear();
    this.#loaded.clear();
    if (this.#state === 'closed') return;
    this.#state = 'off';
    // Somebody else's SIGKILL says nothing of the plugin that happened to be at work.
    const blamed =
      suspects.length === 1 && (verdict !== undefined || !killed) ? suspects[0] : undefined;
    const reason = verdict?.reason ?? exitReason;
    const named = verdict?.named !== undefined;
    const culprit = verdict?.named ?? blamed;
    const explained = this.#owner.hostDied({ reason, culprit, named, suspects });
    // With who killed it a child may go that was its own.
    if (!this.#isClosed) this.#startAgain(explained, reason);
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #startAgain(explained: boolean, reason: string): void {
    const now = performance.now();
    if (!explained) this.#deathsMs.push(now);
    while ((this.#deathsMs[0] ?? now) < now - hostLimits.deathsWindowMs) this.#deathsMs.shift();
    const deaths = this.#deathsMs.length;
    if (deaths > hostLimits.deathsMax) {
      this.#owner.hostGaveUp(
        `the plugin process died ${deaths} times in 10 minutes, at last: ${reason}`,
      );
      return;
    }
    const delayMs = explained ? 0 : hostLimits.backoffMs * 2 ** (deaths - 1);
    this.#startTimer = setTimeout(() => void this.#spawn(), delayMs);
  }

  #stderrReason(): string | undefined {
    return this.#stderr
      .split('\n')
      .find((line) => /^(\w*Error:|FATAL ERROR|# Fatal)/.test(line))
      ?.trim();
  }

  #write(command: HostCommand): void {
    if (this.#child?.connected === true) {
      // A failure to write is followed by the child's exit, which is where it is handled.
      this.#child.send(command, () => undefined);
    }
  }
}
