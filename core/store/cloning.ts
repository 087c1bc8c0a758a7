/** Changes on their way to another thread. */

import type { StoreChange } from '../chat/records.ts';

/** The same change with bytes of its own: a view is cloned with everything around it. */
export function ownedBytes(change: StoreChange): StoreChange {
  switch (change.type) {
    case 'messageAppended':
      return { ...change, message: { ...change.message, mid: change.message.mid.slice() } };
    case 'processOpened':
    case 'processForgotten':
      return { ...change, id: change.id.slice() };
    case 'groupCreated':
      return { ...change, logId: change.logId.slice() };
    case 'envelopeStored': {
      const { mid, sealed, ...envelope } = change.envelope;
      return { ...change, envelope: { ...envelope, mid: mid.slice(), sealed: sealed.slice() } };
    }
    default:
      return change;
  }
}
