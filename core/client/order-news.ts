/** Turns what the server tells about order in groups into events. */

import { foldName } from '../chat/names.ts';
import { readRetention } from '../chat/retention.ts';
import type { ClientEvents, Removal } from './events.ts';
import type { Teller } from './passage.ts';
import type { Push } from './session-options.ts';

type OrderPush = Extract<
  Push,
  { readonly type: 'roleChanged' | 'topicChanged' | 'muteChanged' | 'invited' | 'settingsChanged' }
>;

/** Invitations that were told and are remembered, so that a new connection does not tell them again. */
const toldMax = 256;

export class OrderNews {
  readonly #teller: Teller;
  /** Until when, by folded name of the group; the newest {@link toldMax}. */
  readonly #told = new Map<string, number>();

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  receive(push: OrderPush): void {
    switch (push.type) {
      case 'roleChanged': {
        const { type, ...change } = push;
        this.#teller.emit(type, change);
        break;
      }
      case 'topicChanged': {
        const { type, ...topic } = push;
        this.#teller.emit(type, topic);
        break;
      }
      case 'muteChanged': {
        const { type, ...mute } = push;
        this.#teller.emit(type, mute);
        break;
      }
      case 'invited': {
        const { type, ...invitation } = push;
        if (this.#isNew(invitation)) this.#teller.emit(type, invitation);
        break;
      }
      case 'settingsChanged': {
        const { type, group, inviteOnly, hasPassword, newcomers, by } = push;
        const settings = { inviteOnly, hasPassword, newcomers, retention: readRetention(push) };
        this.#teller.emit(type, { group, ...settings, by });
        break;
      }
    }
  }

  #isNew({ group, untilMs }: ClientEvents['invited'][0]): boolean {
    const folded = foldName(group);
    const isKnown = this.#told.get(folded) === untilMs;
    this.#told.delete(folded);
    this.#told.set(folded, untilMs);
    const [oldest] = this.#told.keys();
    if (this.#told.size > toldMax && oldest !== undefined) this.#told.delete(oldest);
    return !isKnown;
  }
}

/** Who ended a membership, if somebody else did. */
export function removalOf({ by, words }: Removal): Removal | undefined {
  return by === '' ? undefined : { by, words };
}
