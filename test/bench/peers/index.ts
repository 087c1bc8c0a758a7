/** The servers that are compared, ours first. */

import { spawnSync } from 'node:child_process';
import { aedes } from './aedes.ts';
import { banter } from './banter.ts';
import { mosquitto } from './mosquitto.ts';
import { nats } from './nats.ts';
import { ngircd } from './ngircd.ts';
import type { Peer } from './peer.ts';
import { socketIo } from './socket-io.ts';
import { ws } from './ws.ts';

export type { Peer, PeerClient } from './peer.ts';

/** By name. */
export const peers: ReadonlyMap<string, Peer> = new Map(
  [banter, ws, socketIo, aedes, mosquitto, nats, ngircd].map((peer) => [peer.name, peer]),
);

/** @throws RangeError if there is none of that name */
export function peerNamed(name: string): Peer {
  const peer = peers.get(name);
  if (peer === undefined) throw new RangeError(`no peer is called ${name}`);
  return peer;
}

/** Why a peer cannot run on this machine, or undefined. */
export function absence(name: string): string | undefined {
  const { program } = peerNamed(name);
  if (program === undefined) return undefined;
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  return found ? undefined : 'not installed';
}
