/** Writes down what happens in one simulated conversation, for the checker and for whoever reads along. */

import { BanterError, type Delivered, type Stored } from '../../core/index.ts';
import type { GroupSend, Outcome, PrivateSend, ProcessHistory, Stay, Step } from './history.ts';

/** Hears in words what happens. */
export type Teller = (line: string) => void;

export class Chronicle {
  readonly processes: ProcessHistory[] = [];
  readonly stays: Stay[] = [];
  readonly groupSends: GroupSend[] = [];
  readonly privateSends: PrivateSend[] = [];
  readonly serverCrashes: Step[] = [];
  /** Sends whose outcome is open and will be known. */
  open = 0;
  reconnections = 0;
  /** Whether the server forgets no group, whatever happens to its process. */
  readonly #keeps: boolean;
  readonly #tell: Teller;
  #step: Step = 0;

  constructor(keeps: boolean, tell: Teller) {
    this.#keeps = keeps;
    this.#tell = tell;
  }

  tell(line: string): void {
    this.#tell(line);
  }

  /** Something happens after everything before. */
  next(): Step {
    return ++this.#step;
  }

  /** A member has a new process. */
  begin(member: string): ProcessHistory {
    const process = {
      member,
      crashed: false,
      groupMessages: [],
      privateMessages: [],
      gaps: [],
      losses: [],
    };
    this.processes.push(process);
    return process;
  }

  /** A process dies: what it had under way stays open. */
  end(process: ProcessHistory): void {
    process.crashed = true;
    for (const { by, outcome } of [...this.groupSends, ...this.privateSends]) {
      if (by === process && outcome === undefined) this.open--;
    }
  }

  /** From now on somebody is a member of a group. */
  beginStay(member: string, group: string): void {
    this.stays.push({ member, group, beganAt: this.next(), endedAt: undefined });
  }

  /** From now on somebody is perhaps no member. */
  endStay(member: string, group: string): void {
    for (const stay of this.stays) {
      if (stay.member === member && stay.group === group) stay.endedAt ??= this.next();
    }
  }

  /** Somebody is told, or finds out, that the server has forgotten a group. One that keeps everything has no right to. */
  forgotten(member: string, group: string): void {
    if (!this.#keeps && this.serverCrashes.length > 0) this.endStay(member, group);
  }

  groupSend(
    by: ProcessHistory,
    group: string,
    text: string,
    send: () => Promise<
      NonNullable<Extract<GroupSend['outcome'], { type: 'acknowledged' }>>['receipt']
    >,
  ): void {
    const entry: GroupSend = {
      by,
      group,
      text,
      calledAt: this.next(),
      settledAt: undefined,
      outcome: undefined,
    };
    this.groupSends.push(entry);
    this.#follow(entry, `to ${group}`, send(), (outcome) => {
      entry.settledAt = this.next();
      entry.outcome = outcome;
    });
  }

  privateSend(
    by: ProcessHistory,
    to: string,
    text: string,
    send: () => Promise<Delivered | Stored>,
  ): void {
    const entry: PrivateSend = { by, to, text, outcome: undefined };
    this.privateSends.push(entry);
    this.#follow(entry, `to ${to}`, send(), (outcome) => {
      entry.outcome = outcome;
    });
  }

  #follow<Receipt>(
    { by, text }: GroupSend | PrivateSend,
    where: string,
    sent: Promise<Receipt>,
    settle: (outcome: NonNullable<Outcome<Receipt>>) => void,
  ): void {
    this.open++;
    const line = `${text.trimEnd().slice(0, 40)} (${where})`;
    this.#tell(`${by.member}: ${line}`);
    const end = (outcome: NonNullable<Outcome<Receipt>>): void => {
      // A process that is dead by now hears nothing any more.
      if (by.crashed) return;
      this.open--;
      settle(outcome);
      const word = outcome.type === 'failed' ? outcome.code : 'acknowledged';
      this.#tell(`${by.member}: ${line} ${word}`);
    };
    void sent.then(
      (receipt) => end({ type: 'acknowledged', receipt }),
      (error: unknown) => end({ type: 'failed', code: codeOf(error) }),
    );
  }
}

/** The code of an error that a client may throw; anything else in words. */
export function codeOf(error: unknown): string {
  return error instanceof BanterError ? error.code : String(error);
}
