/** A client of Banter that leaves out what makes a client big: the directory, confirming, coming back after a loss. */

import { composeMid } from '../../../core/chat/mids.ts';
import {
  type ClientMessage,
  clientCodec,
  controlConversation,
  type ServerMessage,
  serverCodec,
} from '../../../core/chat/wire.ts';
import { Driver } from '../../../core/net/driver.ts';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { systemEnvironment } from '../../../core/net/system.ts';
import { Endpoint } from '../../../core/protocol/endpoint.ts';
import type { EndpointEvent } from '../../../core/protocol/endpoint-event.ts';
import type { PeerClient, Target } from './peer.ts';

type Request = Extract<ClientMessage, { readonly requestId: number }>;

/** As a client's own towards its server. Milliseconds. */
const timing = { silenceMs: 10_000, keepaliveMs: 15_000, idleTimeoutMs: 45_000 };

/** A full directory for each of thousands of clients would cost their process more than all the rest. */
const directoryDelta = 16;

/** @throws Error when the server does not answer or refuses */
export async function connectLean(target: Target): Promise<PeerClient> {
  const client = new LeanClient(target);
  await client.start();
  return client;
}

class LeanClient implements PeerClient {
  readonly #target: Target;
  readonly #endpoint: Endpoint;
  readonly #processId: Uint8Array = systemEnvironment.random(8);
  readonly #answers = new Map<number, (answer: ServerMessage) => void>();
  readonly #connected = Promise.withResolvers<void>();
  #driver: Driver | undefined;
  #link = 0;
  #nextRequest = 1;
  #nextCounter = 1;

  constructor(target: Target) {
    const { random, now } = systemEnvironment;
    const crypto = new SodiumCrypto();
    this.#target = target;
    this.#endpoint = new Endpoint({
      crypto,
      random,
      identity: crypto.identity(random(32)),
      timing,
      connectionsMax: 1,
      conversationsMax: 1,
      now: now(),
    });
  }

  async start(): Promise<void> {
    const { now } = systemEnvironment;
    this.#driver = await Driver.start({
      environment: systemEnvironment,
      endpoint: this.#endpoint,
      host: '127.0.0.1',
      port: 0,
      onEvent: (event) => this.#receive(event),
    });
    const address = { host: '127.0.0.1', port: this.#target.port };
    const server = { address, identity: undefined, timing, timeoutMs: 5000 };
    this.#link = this.#endpoint.connect(server, now());
    this.#driver.wake();
    try {
      await this.#connected.promise;
      await this.#register();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async join(group: string): Promise<void> {
    // It may be there already.
    await this.#ask({ type: 'createGroup', requestId: 0, group }).catch(() => {});
    await this.#ask({ type: 'joinGroup', requestId: 0, group });
  }

  send(group: string, text: string): Promise<void> {
    const mid = composeMid(this.#processId, this.#nextCounter++);
    return this.#ask({ type: 'sendGroup', requestId: 0, group, mid, hops: 0, text });
  }

  close(): void {
    this.#endpoint.closeAll(0, 'done');
    void this.#driver?.close();
  }

  async #register(): Promise<void> {
    await this.#ask({
      ...{ type: 'register', requestId: 0, name: this.#target.name },
      ...{ bot: false, auxiliary: false, takeOver: false, hidesAddress: false },
      ...{ processId: this.#processId, nextCounter: 1 },
      ...{ epoch: new Uint8Array(8), directoryVersion: 0, resume: [] },
    });
  }

  async #ask(request: Request): Promise<void> {
    const requestId = this.#nextRequest++;
    const answered = new Promise<ServerMessage>((resolve) => this.#answers.set(requestId, resolve));
    const payload = clientCodec.encode({ ...request, requestId });
    this.#endpoint.send(this.#link, controlConversation, payload);
    this.#driver?.wake();
    const answer = await answered;
    if (answer.type === 'refused') throw new Error(`${request.type}: ${answer.detail}`);
  }

  #receive(event: EndpointEvent): void {
    if (event.type === 'connected') {
      this.#connected.resolve();
    } else if (event.type === 'handshakeFailed') {
      this.#connected.reject(new Error(`no handshake: ${event.failure.type}`));
    } else if (event.type === 'closed') {
      this.#target.onLost(event.reason);
    } else if (event.type === 'messageReceived' && event.payload[0] !== directoryDelta) {
      this.#receiveMessage(event.payload);
    }
  }

  #receiveMessage(payload: Uint8Array): void {
    const message = serverCodec.decode(payload);
    if (message === undefined) return;
    if (message.type === 'groupMessage') {
      this.#target.onMessage(message.text);
    } else if ('requestId' in message) {
      this.#answers.get(message.requestId)?.(message);
      this.#answers.delete(message.requestId);
    }
  }
}
