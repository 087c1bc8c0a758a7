/** The story of a private message that comes again on another connection, because its receipt was lost with the first. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeMid } from '../../core/chat/mids.ts';
import { controlConversation, peerCodec } from '../../core/chat/wire.ts';
import { Driver } from '../../core/net/driver.ts';
import { SodiumCrypto } from '../../core/net/sodium.ts';
import type { Address } from '../../core/protocol/address.ts';
import { Endpoint } from '../../core/protocol/endpoint.ts';
import type { EndpointEvent } from '../../core/protocol/endpoint-event.ts';
import { ClientFiles } from '../../core/store/client-files.ts';
import { Scene, serverHost, serverPort } from './scene.ts';

/** What became of the one message. */
export interface Repeated {
  /** How often it was shown. */
  readonly shown: number;
  /** How often it was confirmed. */
  readonly confirmed: number;
}

const timing = { silenceMs: 2500, keepaliveMs: undefined, idleTimeoutMs: 45_000 };

/** Plays the story to its end: ann's key sends bob the same message on two connections. */
export async function repeatPrivate(): Promise<Repeated> {
  const dataDir = mkdtempSync(join(tmpdir(), 'banter-repeat-'));
  try {
    const scene = new Scene({ delayMs: 1 });
    await scene.serve();
    const [bob, ann] = [await scene.connect('bob'), await scene.connect('ann', { dataDir })];
    await scene.until(() => bob.client.directory.has('ann'));
    // Her own process would end connections of her key that it knows nothing of.
    scene.network.crash(ann.host);
    const address = { host: bob.host, port: bob.client.localPort };
    const events = await sendTwice(scene, annsSeed(dataDir), address);
    const confirmed = events.filter(isReceipt).length;
    return { shown: bob.heard.length, confirmed };
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

function annsSeed(dataDir: string): Uint8Array {
  const files = new ClientFiles(dataDir, `${serverHost}:${serverPort}`, 'ann', () => {
    throw new Error('ann has a key already');
  });
  files.close();
  return files.seed;
}

/** Sends the message on one connection after another; each ends once it has brought the receipt. */
async function sendTwice(
  scene: Scene,
  seed: Uint8Array,
  address: Address,
): Promise<readonly EndpointEvent[]> {
  const environment = scene.network.host('10.0.2.1');
  const crypto = new SodiumCrypto();
  const endpoint = new Endpoint({
    crypto,
    random: environment.random,
    identity: crypto.identity(seed),
    timing,
    connectionsMax: 2,
    now: environment.now(),
  });
  const events: EndpointEvent[] = [];
  const onEvent = (event: EndpointEvent): void => void events.push(event);
  const started = Driver.start({ environment, endpoint, host: undefined, port: 0, onEvent });
  const driver = await scene.settle(started);
  for (const count of [1, 2]) {
    const target = { address, identity: undefined, timing, timeoutMs: 5000 };
    const link = endpoint.connect(target, environment.now());
    driver.wake();
    await scene.until(() => events.filter(({ type }) => type === 'connected').length === count);
    endpoint.send(link, controlConversation, message());
    driver.wake();
    await scene.until(() => events.filter(isReceipt).length === count);
    endpoint.close(link, 0, 'lost');
    driver.wake();
  }
  return events;
}

function message(): Uint8Array {
  return peerCodec.encode({
    type: 'privateMessage',
    mid: composeMid(new Uint8Array(8).fill(7), 1),
    from: 'ann',
    hops: 0,
    bot: false,
    sentAtMs: 0,
    text: 'hello',
  });
}

function isReceipt(event: EndpointEvent): boolean {
  return (
    event.type === 'messageReceived' && peerCodec.decode(event.payload)?.type === 'privateReceived'
  );
}
