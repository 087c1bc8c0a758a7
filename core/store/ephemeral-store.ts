/** The store of a server that begins anew at every start: what was said can be asked for as long as it runs. */

import type { StoreChange } from '../chat/records.ts';
import { MemoryStore } from './memory-store.ts';

/** Changes of what can be asked for; of the others the server has all that matters while it lives. */
const askedFor: ReadonlySet<StoreChange['type']> = new Set([
  'groupCreated',
  'groupRemoved',
  'retentionSet',
  'messageAppended',
  'audited',
]);

/** Keeps of names, members and processes nothing, which a server without a next start would have in memory twice. */
export class EphemeralStore extends MemoryStore {
  override write(changes: readonly StoreChange[]): undefined {
    super.write(changes.filter(({ type }) => askedFor.has(type)));
  }
}
