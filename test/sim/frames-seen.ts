/** Looks into packets before they are encrypted: tells of each data packet of a simulation which frames it holds. */

import type { SimulatedNetwork } from '../../core/net/simulated.ts';
import { SodiumCrypto } from '../../core/net/sodium.ts';
import { type Frame, readFrames } from '../../core/protocol/frame.ts';
import { datagramForm, tagBytes } from '../../core/protocol/packet.ts';
import { replace } from './replacing.ts';

/** What observers of a network can ask of a datagram that was sent while {@link seeFrames} was in force. */
export interface FramesSeen {
  /** The frames of a data packet; undefined for anything else. */
  readonly of: (datagram: Uint8Array) => readonly Frame[] | undefined;
  /** Ends it. */
  readonly stop: () => void;
}

/** Every packet that is sealed from now on can be looked into. */
export function seeFrames(): FramesSeen {
  const frames = new WeakMap<Uint8Array, readonly Frame[]>();
  const stop = replace(
    SodiumCrypto.prototype,
    'seal',
    (seal) =>
      function (this: SodiumCrypto, key, packetNumber, packet, headerBytes) {
        frames.set(packet, readFrames(packet.slice(headerBytes, packet.length - tagBytes)));
        seal.call(this, key, packetNumber, packet, headerBytes);
      },
  );
  return { of: (datagram) => frames.get(datagram), stop };
}

/** By machines, conversation, sequence and index: how often each part of a message is sent from now on. */
export function timesSent(
  network: SimulatedNetwork,
  seen: FramesSeen,
): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  network.watch((datagram, from, to) => {
    for (const frame of seen.of(datagram) ?? []) {
      if (frame.type !== 'message' && frame.type !== 'fragment') continue;
      const index = frame.type === 'fragment' ? frame.index : 0;
      const part = `${from.host} ${to.host} ${frame.conversation}/${frame.sequence}.${index}`;
      times.set(part, (times.get(part) ?? 0) + 1);
    }
  });
  return times;
}

/** What a datagram is, in a word or two: its form, and its frames where they are known. */
export function describeDatagram(
  datagram: Uint8Array,
  frames: readonly Frame[] | undefined,
): string {
  const form = datagram[0] ?? 0;
  if (frames !== undefined) return frames.map(describeFrame).join(', ');
  if ((form & datagramForm.data) !== 0) return 'data';
  const known = Object.entries(datagramForm).find(([, number]) => number === form);
  return known?.[0].toUpperCase() ?? `form ${form}`;
}

function describeFrame(frame: Frame): string {
  switch (frame.type) {
    case 'ack': {
      const ranges = frame.ranges.map(({ first, last }) =>
        first === last ? last : `${first}–${last}`,
      );
      return `ACK ${ranges.join(' ')}`;
    }
    case 'message':
      return `MESSAGE ${frame.conversation}/${frame.sequence}`;
    case 'fragment':
      return `FRAGMENT ${frame.conversation}/${frame.sequence}.${frame.index}`;
    case 'close':
      return `CLOSE ${frame.code}`;
    default:
      return frame.type.replace(/[A-Z]/g, '_$&').toUpperCase();
  }
}
