/** What a recipient makes of envelopes that a server hands over: it shows what was sealed for it, once, and nothing else. */

import { Mirror } from '../../../core/chat/mirror.ts';
import { peerCodec } from '../../../core/chat/wire.ts';
import { Letterbox, type LetterboxOptions } from '../../../core/client/letterbox.ts';
import { PeerKeys } from '../../../core/client/peer-keys.ts';
import { Reception } from '../../../core/client/reception.ts';
import { BanterError } from '../../../core/errors.ts';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { systemEnvironment } from '../../../core/net/system.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { openEnvelope, sealEnvelope } from '../../../core/protocol/envelope.ts';
import { PeerPins } from '../../../core/store/client-files.ts';
import { MailRecord } from '../../../core/store/mail-record.ts';
import { inventMessage } from '../../core/protocol/inventing-reader.ts';
import { claim, type FuzzTarget } from '../target.ts';

const crypto = new SodiumCrypto();
const sender = crypto.identity(new Uint8Array(32).fill(1));
const recipient = crypto.identity(new Uint8Array(32).fill(2));
const midBytes = 16;

/** The mid, then the envelope; some of the sender's name, some of nobody's. */
const sealed: readonly Uint8Array[] = Array.from({ length: 8 }, (_, seed) => {
  const invented = inventMessage(peerCodec.tables, 'privateMessage', seed);
  const mid = Uint8Array.of(...invented.mid.subarray(0, 8), 0, 0, 0, 0, 0, 0, 0, seed);
  const message = { ...invented, mid, ...(seed < 6 ? { from: 'ann' } : {}) };
  const envelope = sealEnvelope(crypto, {
    identity: sender,
    recipient: recipient.publicKey,
    mid,
    payload: peerCodec.encode(message),
    ephemeral: new Uint8Array(32).fill(100 + seed),
  });
  return Uint8Array.of(...mid, ...(envelope ?? []));
});
const known = new Set(sealed.map(toHex));

/** A recipient whose directory has the sender as ann. */
class Ordeal {
  readonly #shown: string[] = [];
  readonly #settled: number[] = [];
  readonly #letterbox: Letterbox;
  #received = 0;

  constructor() {
    const mirror = new Mirror();
    const nowhere = { host: '', port: 0 };
    const ann = { name: 'ann', key: toHex(sender.publicKey), address: nowhere };
    mirror.learn([{ ...ann, online: false, bot: false }]);
    const reception = new Reception({
      mirror,
      keys: new PeerKeys(new PeerPins(undefined)),
      record: new MailRecord(undefined),
      journaled: [],
      onMessage: ({ mid }) => this.#shown.push(mid) > 0,
    });
    const nobody = new BanterError('USER_UNKNOWN', 'nobody is called that');
    this.#letterbox = new Letterbox({
      environment: { ...systemEnvironment, setTimer: () => () => {} },
      crypto,
      identity: recipient,
      mirror,
      reception,
      // The one question that is asked of it: who a sender is that the directory does not have.
      lookUps: { need: () => Promise.reject(nobody) } as unknown as LetterboxOptions['lookUps'],
      tell: (message) => {
        if (message.type === 'settle') this.#settled.push(message.id);
      },
    });
    this.#letterbox.open();
  }

  take(input: Uint8Array): void {
    if (input.length < midBytes) return;
    const [mid, envelope] = [input.slice(0, midBytes), input.slice(midBytes)];
    const isKnown = known.has(toHex(input));
    const isOpened = openEnvelope(crypto, recipient, mid, envelope) !== undefined;
    claim(isOpened === isKnown, 'what was sealed is opened, and nothing else');
    const before = this.#shown.length;
    const id = ++this.#received;
    this.#letterbox.receive({ type: 'envelope', id, from: 'ann', mid, sealed: envelope });
    claim(isKnown || this.#shown.length === before, 'nothing is shown that was not sealed');
    claim(new Set(this.#shown).size === this.#shown.length, 'a message is shown once');
    claim(this.#settled.at(-1) === id, 'what was taken, and what never will be, is settled');
    claim(this.#settled.length === id, 'an envelope is settled once');
  }
}

/** Envelopes as they come from a server that means ill. */
export const envelopeTarget: FuzzTarget = {
  name: 'envelope',
  share: 1,
  corpus: sealed,
  inputsPerLife: 50,
  intact: 0.2,
  begin: () => {
    const ordeal = new Ordeal();
    return (input) => ordeal.take(input);
  },
};
