/** What a recipient makes of envelopes that a server hands over: it opens what was sealed for it, and nothing else. */

import { peerCodec } from '../../../core/chat/wire.ts';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { equalBytes, toHex } from '../../../core/protocol/bytes.ts';
import { openEnvelope, sealEnvelope } from '../../../core/protocol/envelope.ts';
import { inventMessage } from '../../core/protocol/inventing-reader.ts';
import { claim, type FuzzTarget } from '../target.ts';

const crypto = new SodiumCrypto();
const sender = crypto.identity(new Uint8Array(32).fill(1));
const recipient = crypto.identity(new Uint8Array(32).fill(2));
const midBytes = 16;

/** The mid, then the envelope. */
const sealed: readonly Uint8Array[] = Array.from({ length: 8 }, (_, seed) => {
  const message = inventMessage(peerCodec.tables, 'privateMessage', seed);
  const ephemeral = new Uint8Array(32).fill(100 + seed);
  const envelope = sealEnvelope(crypto, {
    identity: sender,
    recipient: recipient.publicKey,
    mid: message.mid,
    payload: peerCodec.encode(message),
    ephemeral,
  });
  return Uint8Array.of(...message.mid, ...(envelope ?? []));
});
const known = new Set(sealed.map(toHex));

/** Envelopes as they come from a server that means ill. */
export const envelopeTarget: FuzzTarget = {
  name: 'envelope',
  share: 1,
  corpus: sealed,
  inputsPerLife: 1,
  intact: 0.1,
  begin: () => (input) => {
    if (input.length < midBytes) return;
    const [mid, envelope] = [input.subarray(0, midBytes), input.subarray(midBytes)];
    const opened = openEnvelope(crypto, recipient, mid, envelope);
    claim(
      (opened !== undefined) === known.has(toHex(input)),
      'what was sealed is opened, and nothing else',
    );
    if (opened === undefined) return;
    claim(equalBytes(opened.agreementKey, sender.agreement.publicKey), 'whoever sealed it is told');
    const message = peerCodec.decode(opened.payload);
    claim(
      message?.type === 'privateMessage' && equalBytes(message.mid, mid),
      'what was sealed is what is read',
    );
  },
};
