/** Who may claim which name: what is refused out of hand, whoever else is there. */

import type { Directory } from './directory.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import { type Effects, noRoom, type Refusal } from './effects.ts';
import type { HubLimits } from './limits.ts';
import { checkName } from './names.ts';
import type { PendingNames } from './pending-names.ts';
import type { Claim } from './registration.ts';
import type { Processes } from './send-history.ts';
import type { Link } from './sessions.ts';

export interface ClaimRulesParts {
  readonly limits: HubLimits;
  readonly effects: Effects;
  readonly directory: Directory;
  readonly processes: Processes;
  readonly doorkeeper: Doorkeeper;
  readonly pendingNames: PendingNames;
}

export class ClaimRules {
  readonly #parts: ClaimRulesParts;

  constructor(parts: ClaimRulesParts) {
    this.#parts = parts;
  }

  /** Why a claim cannot be granted, now or ever. */
  objection(link: Link, { name }: Claim): Refusal | undefined {
    const { directory, doorkeeper, limits, pendingNames } = this.#parts;
    if (link.registration !== undefined || link.isClaiming || link.hasLeft) {
      return { code: 'BAD_REQUEST', detail: 'this connection has claimed a name already' };
    }
    // Who may not come in learns nothing of the names that there are.
    const turnedAway = doorkeeper.objection(link.identity);
    if (turnedAway !== undefined) return turnedAway;
    const fault = checkName(name);
    if (fault !== undefined) return { code: 'NAME_INVALID', detail: `the name "${name}" ${fault}` };
    const owner = this.#ownerOf(name);
    if (owner === undefined && directory.size + pendingNames.size >= limits.names) {
      return { code: 'SERVER_FULL', detail: `the server knows ${limits.names} names and no more` };
    }
    if (owner !== undefined && owner !== link.identity) {
      return { code: 'NAME_TAKEN', detail: `the name "${name}" belongs to another key` };
    }
    return owner === undefined ? this.#confusion(link, name) : undefined;
  }

  /** A name or a process that is not known has to be stored first. */
  shortage({ identity }: Link, { name, processId }: Claim): Refusal | undefined {
    const { effects, directory, processes } = this.#parts;
    if (!effects.isStoreFull) return undefined;
    const isKnown = directory.find(name) !== undefined && processes.has(identity, processId);
    return isKnown ? undefined : noRoom;
  }

  /** A new name that could be taken for somebody else's; one's own may look alike. */
  #confusion({ identity }: Link, name: string): Refusal | undefined {
    const { directory, pendingNames } = this.#parts;
    const other = directory.findLookalike(name) ?? pendingNames.findLookalike(name);
    if (other === undefined || this.#ownerOf(other) === identity) return undefined;
    return confusable(name, other);
  }

  #ownerOf(name: string): string | undefined {
    const { directory, pendingNames } = this.#parts;
    return directory.find(name)?.key ?? pendingNames.find(name)?.identity;
  }
}

/** What is said of a new name that looks like another, of a client or of a group. */
export function confusable(name: string, other: string): Refusal {
  return { code: 'NAME_CONFUSABLE', detail: `the name "${name}" looks like "${other}"` };
}
