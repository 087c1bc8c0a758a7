/** A small MQTT client with quality of service 1 in both directions. */

import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import type { PeerClient, Target } from './peer.ts';

/** Version 5 can ask not to be sent one's own messages; 4 (that is 3.1.1) cannot. */
type Version = 4 | 5;

/** @throws Error when the broker is not there or refuses */
export async function connectMqtt(target: Target, version: Version): Promise<PeerClient> {
  const socket = connectTcp({ host: '127.0.0.1', port: target.port, noDelay: true });
  await once(socket, 'connect');
  const client = new MqttClient(socket, target, version);
  await client.start();
  return client;
}

class MqttClient implements PeerClient {
  readonly #socket: Socket;
  readonly #target: Target;
  readonly #version: Version;
  readonly #acknowledgements = new Map<number, () => void>();
  readonly #accepted = Promise.withResolvers<void>();
  #lastId = 0;
  #closing = false;

  constructor(socket: Socket, target: Target, version: Version) {
    this.#socket = socket;
    this.#target = target;
    this.#version = version;
    const packets = parser({ protocolVersion: version });
    packets.on('packet', (packet) => this.#receive(packet));
    packets.on('error', (error) => socket.destroy(error));
    socket.on('data', (chunk) => packets.parse(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#accepted.reject(new Error('the broker hung up'));
      if (!this.#closing) target.onLost('the broker hung up');
    });
  }

  async start(): Promise<void> {
    this.#write({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: this.#version,
      clientId: this.#target.name,
      clean: true,
      keepalive: 0,
    });
    await this.#accepted.promise;
  }

  join(group: string): Promise<void> {
    const subscription = { topic: group, qos: 1, nl: this.#version === 5 } as const;
    return this.#ask((messageId) => ({
      cmd: 'subscribe',
      messageId,
      subscriptions: [subscription],
    }));
  }

  send(group: string, text: string): Promise<void> {
    return this.#ask((messageId) => ({
      ...{ cmd: 'publish', messageId, topic: group, payload: text },
      ...{ qos: 1, dup: false, retain: false },
    }));
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #ask(packet: (messageId: number) => Packet): Promise<void> {
    this.#lastId = (this.#lastId % 0xffff) + 1;
    const messageId = this.#lastId;
    return new Promise((resolve) => {
      this.#acknowledgements.set(messageId, resolve);
      this.#write(packet(messageId));
    });
  }

  #write(packet: Packet): void {
    this.#socket.write(generate(packet, { protocolVersion: this.#version }));
  }

  #receive(packet: Packet): void {
    if (packet.cmd === 'connack') {
      this.#accepted.resolve();
    } else if (packet.cmd === 'publish') {
      this.#write({ cmd: 'puback', messageId: packet.messageId ?? 0 });
      this.#target.onMessage(String(packet.payload));
    } else if (packet.cmd === 'puback' || packet.cmd === 'suback') {
      const messageId = packet.messageId ?? 0;
      this.#acknowledgements.get(messageId)?.();
      this.#acknowledgements.delete(messageId);
    }
  }
}
