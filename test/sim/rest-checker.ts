/** What must be so when a network has been calm for a while: everybody is back and knows what the server knows. */

import { isDeepStrictEqual } from 'node:util';
import type { DirectoryEntry } from '../../core/index.ts';
import type { History } from './history.ts';
import type { Violation } from './violation.ts';

export function restViolations({ rest }: History): readonly Violation[] {
  const left = rest.mail === 0 ? [] : [`the server still keeps ${rest.mail} messages for others`];
  return [
    ...left.map((detail): Violation => ({ promise: 'nothing lost', detail })),
    ...clientViolations(rest),
  ];
}

function clientViolations(rest: History['rest']): readonly Violation[] {
  return rest.clients.flatMap(({ name, connected, groups, directory }): readonly Violation[] => {
    if (!connected) return [{ promise: 'everybody comes back', detail: `${name} is away` }];
    const violations: Violation[] = [];
    const membership = rest.groups.get(name) ?? [];
    if (!isDeepStrictEqual(groups.toSorted(), membership.toSorted())) {
      const detail = `${name} is in [${groups}], the server says [${membership}]`;
      violations.push({ promise: 'one membership', detail });
    }
    const difference = differenceOf(directory, rest.directory);
    if (difference !== undefined) {
      const detail = `${name} has ${difference}`;
      violations.push({ promise: 'one directory', detail });
    }
    return violations;
  });
}

/** The first entry that a client has otherwise than the server, in words; undefined if there is none. */
function differenceOf(
  client: readonly DirectoryEntry[],
  server: readonly DirectoryEntry[],
): string | undefined {
  const entries = new Map(client.map((entry) => [entry.name, entry]));
  if (entries.size !== server.length) return `${entries.size} names of ${server.length}`;
  for (const entry of server) {
    const own = entries.get(entry.name);
    if (!isDeepStrictEqual(own, entry)) {
      return `${JSON.stringify(own)} for ${JSON.stringify(entry)}`;
    }
  }
  return undefined;
}
