/** What the test vectors consist of, for whoever writes the protocol in another language (docs/PROTOCOL.md). */

import { DirectoryHash, entryField } from '../../core/chat/entry.ts';
import type { DirectoryEntry } from '../../core/chat/types.ts';
import { clientCodec, peerCodec, serverCodec } from '../../core/chat/wire.ts';
import { SodiumCrypto } from '../../core/net/sodium.ts';
import { ByteWriter, toHex } from '../../core/protocol/bytes.ts';
import type { Codec, MessageTables } from '../../core/protocol/codec.ts';
import type { Identity } from '../../core/protocol/crypto.ts';
import { sealEnvelope } from '../../core/protocol/envelope.ts';
import {
  connectionIdWords,
  datagramForm,
  dataHeaderBytes,
  supportedVersions,
  tagBytes,
  writeDataHeader,
} from '../../core/protocol/packet.ts';
import { encodedFrame } from '../core/protocol/frame-kinds.ts';
import { inventMessage } from '../core/protocol/inventing-reader.ts';
import { type FramesEntry, framesInput, type MessageEntry, readCorpus } from '../fuzz/corpus.ts';
import { recordHandshake, type Side } from './transcript.ts';

/** Plain data; bytes are lower-case hex. */
export type Vector = Readonly<Record<string, unknown>>;

/** The files of vectors by their names without extension. */
export function makeVectors(): Readonly<Record<string, Vector>> {
  return {
    handshake: handshakeVector(),
    packets: { packets: packetVectors(), keyUpdate: keyUpdateVector() },
    frames: { frames: frameVectors() },
    messages: {
      clientToServer: messageVectors(clientCodec, readCorpus('requests')),
      serverToClient: messageVectors(serverCodec, readCorpus('news')),
      clientToClient: messageVectors(peerCodec, []),
    },
    directory: directoryVector(),
    envelope: envelopeVector(),
  };
}

/** The text of a file. */
export function vectorText(vector: Vector): string {
  const plain = (_key: string, value: unknown): unknown =>
    value instanceof Uint8Array ? toHex(value) : value;
  return `${JSON.stringify(vector, plain, 2)}\n`;
}

function handshakeVector(): Vector {
  const { prologue, initiator, responder, keys, sent } = recordHandshake();
  return {
    about: 'A handshake (§3), then the first packets. The cookie is opaque to an initiator.',
    initiator: sideVector(initiator),
    responder: sideVector(responder),
    prologue,
    initiatorKey: keys.send,
    responderKey: keys.receive,
    datagrams: sent.map(({ from, datagram }) => ({ from, form: formOf(datagram), datagram })),
  };
}

function envelopeVector(): Vector {
  const { sender, recipient, ephemeral, mid, message, payload, prologue } = envelopeScript();
  const side = ({ publicKey, seed, agreement }: Identity): Vector => ({
    seed,
    identity: publicKey,
    staticSecret: agreement.secretKey,
    staticKey: agreement.publicKey,
  });
  return {
    about: 'A message for an absent peer (§9). Whoever reads `sealed` under `mid` finds `message`.',
    sender: { ...side(sender), ephemeralSecret: ephemeral },
    recipient: side(recipient),
    mid,
    message,
    payload,
    prologue,
    sealed: sealEnvelope(new SodiumCrypto(), {
      identity: sender,
      recipient: recipient.publicKey,
      mid,
      payload,
      ephemeral,
    }),
  };
}

/** What an envelope is made of, with the prologue as the page has it. */
function envelopeScript() {
  const crypto = new SodiumCrypto();
  const [sender, recipient] = [11, 22].map((seed) =>
    crypto.identity(new Uint8Array(32).fill(seed)),
  ) as [Identity, Identity];
  const mid = Uint8Array.from({ length: 16 }, (_, at) => (at < 8 ? 0xab : at === 15 ? 3 : 0));
  const said = {
    from: 'ann',
    hops: 0,
    bot: false,
    sentAtMs: 1_700_000_000_000,
    text: 'bis Montag',
  };
  const message = { type: 'privateMessage', mid, ...said } as const;
  const label = new TextEncoder().encode('banter envelope');
  const prologue = Uint8Array.of(...label, 1, ...recipient.publicKey, ...mid);
  const payload = peerCodec.encode(message);
  return {
    sender,
    recipient,
    ephemeral: new Uint8Array(32).fill(33),
    mid,
    message,
    payload,
    prologue,
  };
}

function sideVector({ seed, identity, ephemeral, payload, message }: Side): Vector {
  const { publicKey: staticKey, secretKey: staticSecret } = identity.agreement;
  return {
    seed,
    identity: identity.publicKey,
    staticSecret,
    staticKey,
    ephemeralSecret: ephemeral,
    payload,
    message,
  };
}

function formOf([first = 0]: Uint8Array): string {
  if ((first & datagramForm.data) !== 0) return 'data';
  const form = Object.entries(datagramForm).find(([, number]) => number === first);
  return form?.[0] ?? 'unknown';
}

const key = Uint8Array.from({ length: 32 }, (_, at) => at);
const connectionId = Uint8Array.from({ length: 8 }, (_, at) => 0xc0 + at);

/** What a packet number can look like: the header holds its low 32 bits, the nonce all of it. */
const packetNumbers = [0, 1, 255, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7];

function packetVectors(): readonly Vector[] {
  const crypto = new SodiumCrypto();
  const contents = readCorpus<FramesEntry>('frames');
  return packetNumbers.map((packetNumber, at) => {
    const { frames, about } = contents[at] ?? { frames: [], about: '' };
    const plaintext = framesInput({ about, frames });
    const [version = 1] = supportedVersions;
    const keyPhase = at % 2 === 0 ? 0 : 1;
    const writer = new ByteWriter();
    writeDataHeader(writer, version, keyPhase, connectionIdWords(connectionId), packetNumber);
    const header = writer.bytes.slice();
    writer.raw(plaintext);
    writer.raw(new Uint8Array(tagBytes));
    const packet = writer.bytes.slice();
    crypto.seal(key, packetNumber, packet, dataHeaderBytes);
    const written = { version, keyPhase, connectionId, packetNumber, header };
    return { about, key, ...written, plaintext: plaintext.slice(), packet };
  });
}

function keyUpdateVector(): Vector {
  return { about: 'The key of the next phase (§4).', key, next: new SodiumCrypto().nextKey(key) };
}

/** Frames that stand in the corpus, each by itself. */
function frameVectors(): readonly Vector[] {
  return readCorpus<FramesEntry>('frames').flatMap(({ about, frames }) =>
    frames.map((frame) => ({ about, frame, bytes: encodedFrame(frame) })),
  );
}

/** The messages of the corpus, and of each type one with fields that are made up. */
function messageVectors<Tables extends MessageTables>(
  codec: Codec<Tables>,
  entries: readonly MessageEntry[],
): readonly Vector[] {
  const told = entries.map(({ about, message }) => {
    const whole = { ...inventMessage(codec.tables, message.type, 0), ...message };
    return { about, message: whole, bytes: codec.encode(whole) };
  });
  const invented = Object.keys(codec.tables).map((type, seed) => {
    const message = inventMessage(codec.tables, type, seed + 1);
    return { about: 'made up', message, bytes: codec.encode(message) };
  });
  return [...told, ...invented];
}

/** One entry for each kind of host. */
const entries: readonly DirectoryEntry[] = [
  { name: 'ann', host: '192.0.2.1', port: 5001, online: true, bot: false },
  { name: 'bob', host: '2001:db8::2', port: 5002, online: false, bot: false },
  { name: 'dice', host: '', port: 0, online: true, bot: true },
].map(({ name, host, port, online, bot }, at) => {
  const identity = toHex(new Uint8Array(32).fill(at + 1));
  return { name, key: identity, address: { host, port }, online, bot };
});

/** The hash after each entry that is added, which is also that of a directory of the entries so far. */
function directoryVector(): Vector {
  const hash = new DirectoryHash();
  return {
    about: 'Entries of a directory (§7), each with the hash of it and those before it.',
    entries: entries.map((entry) => {
      const writer = new ByteWriter();
      entryField.write(writer, entry);
      hash.add(entry);
      return { entry, bytes: writer.bytes.slice(), hash: hash.bytes.slice() };
    }),
  };
}
