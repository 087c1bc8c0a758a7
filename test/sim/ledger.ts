/** Keeps account of what machines send to addresses that nobody has: who makes up senders must not make others send. */

import type { SimulatedNetwork } from '../../core/net/simulated.ts';
import { addressKey } from '../../core/protocol/address.ts';
import type { Violation } from './violation.ts';

/** What goes to an address that has not proved itself is no more than this many times what came from it (RFC 9000 §8.1). */
const amplificationMax = 3;

/** Where machines behind boxes live. */
export const hiddenNetwork = '192.168.0.';

/** A handful of PATH_CHALLENGEs may go where a peer says it can be reached on a private network (docs/PROTOCOL.md §9). */
const challengeBytesMax = 38;

interface Account {
  readonly remote: string;
  received: number;
  sent: number;
  /** The most that was ever sent beyond what was allowed. */
  excess: number;
}

export class Ledger {
  /** By address. */
  readonly #accounts = new Map<string, Account>();
  /** Addresses that somebody has truly sent from; others are made up. */
  readonly #real = new Set<string>();

  constructor(network: SimulatedNetwork) {
    network.watch((datagram, from, to) => {
      this.#real.add(addressKey(from));
      if (to.host.startsWith(hiddenNetwork) && datagram.length <= challengeBytesMax) return;
      const account = this.#account(addressKey(to));
      account.sent += datagram.length;
      const allowed = amplificationMax * account.received;
      account.excess = Math.max(account.excess, account.sent - allowed);
    });
    network.watchArrivals((datagram, from) => {
      this.#account(addressKey(from)).received += datagram.length;
    });
  }

  /** Bytes that machines sent to addresses that nobody has ever sent from. */
  get sentToNobody(): number {
    return this.#madeUp.reduce((sum, { sent }) => sum + sent, 0);
  }

  get violations(): readonly Violation[] {
    return this.#madeUp
      .filter(({ excess }) => excess > 0)
      .map(({ remote, sent, received }): Violation => {
        const detail = `${sent} bytes went to ${remote}, ${received} came from there`;
        return { promise: 'no amplification', detail };
      });
  }

  get #madeUp(): readonly Account[] {
    return [...this.#accounts.values()].filter(({ remote }) => !this.#real.has(remote));
  }

  #account(remote: string): Account {
    const known = this.#accounts.get(remote);
    if (known !== undefined) return known;
    const account = { remote, received: 0, sent: 0, excess: 0 };
    this.#accounts.set(remote, account);
    return account;
  }
}
