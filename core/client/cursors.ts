/** How far the server is told that messages of groups were handled, where somebody needs longer than to be told of them. */

import { foldName } from '../chat/names.ts';
import type { GroupMessage } from '../chat/types.ts';
import { toHex } from '../protocol/bytes.ts';

/** What is held of one group's log. */
interface Held {
  readonly logId: string;
  /** Of each message, how many hold it; whoever holds has a bound of its own. */
  readonly bySeq: Map<number, number>;
}

/** A client counts a message as handled once its listeners have returned; here they say that they go on with it. */
export class Cursors {
  /** By folded name. */
  readonly #held = new Map<string, Held>();
  #onReleased: (group: string) => void = () => undefined;

  /** Is told of each group of which more may be said. */
  set onReleased(told: (group: string) => void) {
    this.#onReleased = told;
  }

  /**
   * Keeps a message, and what came after it, from counting as handled until the returned function is called: should this
   * process end before, the next one of this client is told them again, as `recovered`. To be called by a listener.
   */
  hold({ group, logId, seq }: GroupMessage): () => void {
    const key = foldName(group);
    const known = this.#held.get(key);
    // A log that began anew has numbers of its own; of the former one nothing can be said any more.
    const held = known?.logId === logId ? known : { logId, bySeq: new Map<number, number>() };
    this.#held.set(key, held);
    held.bySeq.set(seq, (held.bySeq.get(seq) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const others = (held.bySeq.get(seq) ?? 1) - 1;
      if (others > 0) {
        held.bySeq.set(seq, others);
        return;
      }
      held.bySeq.delete(seq);
      if (held.bySeq.size === 0 && this.#held.get(key) === held) this.#held.delete(key);
      this.#onReleased(group);
    };
  }

  /** The last message that counts as handled, of those up to `seq`. */
  handled(group: string, logId: Uint8Array, seq: number): number {
    const held = this.#held.get(foldName(group));
    if (held === undefined || held.logId !== toHex(logId)) return seq;
    let handled = seq;
    for (const each of held.bySeq.keys()) handled = Math.min(handled, each - 1);
    return handled;
  }
}
