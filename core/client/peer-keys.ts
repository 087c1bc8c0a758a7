/** Which key of a peer is believed: the one of first contact, which is pinned, and no other one later. */

import type { DirectoryEntry } from '../chat/types.ts';
import { BanterError } from '../errors.ts';
import type { PeerPins } from '../store/client-files.ts';

export class PeerKeys {
  readonly #pins: PeerPins;

  constructor(pins: PeerPins) {
    this.#pins = pins;
  }

  /** Pins the key of somebody to write to. @throws BanterError PEER_KEY_CHANGED, DATA_UNUSABLE */
  check({ name, key }: DirectoryEntry): void {
    const pinned = this.#pins.key(name);
    if (pinned === undefined) {
      this.#pins.pin(name, key);
    } else if (pinned !== key) {
      throw new BanterError('PEER_KEY_CHANGED', `the key of ${name} is not the one known so far`, {
        data: { name, pinned, key },
      });
    }
  }

  /** Whether a name may be heard under a key: `later` if that of first contact cannot be kept at present. */
  believes(name: string, key: string): boolean | 'later' {
    const pinned = this.#pins.key(name);
    if (pinned !== undefined) return pinned === key;
    try {
      this.#pins.pin(name, key);
      return true;
    } catch (error) {
      if (error instanceof BanterError) return 'later';
      throw error;
    }
  }
}
