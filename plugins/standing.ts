/** What people are: in a group by their roles, at the server as its operators. Asked for plugins, so that a command can be for some. */

import type { Client, Role } from '../core/client-api.ts';
import { BanterError } from '../core/error-api.ts';

/** What somebody is: a role in a group, `operator` or nothing at the server; `unseen` where this client is not told. */
export type Standing = Role | 'operator' | 'nobody' | 'unseen';

/** What is needed of a client to see who is what. */
export interface StandingClient {
  readonly moderation: Pick<Client['moderation'], 'roles'>;
  readonly administration: Pick<Client['administration'], 'operators'>;
}

/** Names with what they are; whoever is not among them is what `others` says. */
interface Table {
  readonly names: ReadonlyMap<string, Standing>;
  readonly others: Standing;
}

interface Look {
  readonly atMs: number;
  readonly table: Promise<Table>;
}

/** Milliseconds for which one look serves: a role that was taken away holds no longer than that. */
const freshMs = 1000;

/** Groups whose look is kept; the oldest is forgotten. */
const looksMax = 100;

/** Asks the server, and not again within a second: who may not give a command must not keep the client busy by giving it. */
export class Standings {
  readonly #client: StandingClient;
  readonly #looks = new Map<string, Look>();

  constructor(client: StandingClient) {
    this.#client = client;
  }

  /** What `name` is in a group, or with an empty group at the server. Rejects as the client does. */
  async of(group: string, name: string, nowMs: number): Promise<Standing> {
    const { names, others } = await this.#look(group, nowMs);
    return names.get(name) ?? others;
  }

  #look(group: string, nowMs: number): Promise<Table> {
    const known = this.#looks.get(group);
    if (known !== undefined && nowMs - known.atMs < freshMs) return known.table;
    const table = group === '' ? this.#operators() : this.#roles(group);
    // Whoever asked hears of the failure.
    table.catch(() => this.#looks.delete(group));
    this.#looks.delete(group);
    this.#looks.set(group, { atMs: nowMs, table });
    const [oldest = group] = this.#looks.keys();
    if (this.#looks.size > looksMax) this.#looks.delete(oldest);
    return table;
  }

  async #roles(group: string): Promise<Table> {
    const given = await this.#client.moderation.roles(group);
    const names = new Map<string, Role>(given.map(({ name, role }) => [name, role]));
    return { names, others: 'member' };
  }

  async #operators(): Promise<Table> {
    try {
      const operators = await this.#client.administration.operators();
      const names = operators.map(({ name }) => [name, 'operator'] as const);
      return { names: new Map(names), others: 'nobody' };
    } catch (error) {
      if (!(error instanceof BanterError) || error.code !== 'NOT_OPERATOR') throw error;
      return { names: new Map(), others: 'unseen' };
    }
  }
}
