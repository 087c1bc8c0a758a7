/** Datagrams over a UDP socket of the operating system. */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { BanterError } from '../errors.ts';
import type { Address } from '../protocol/address.ts';
import type { Transport, TransportOptions } from './transport.ts';

/** Asked of the kernel, which may grant less: the default loses a third of a burst. Bytes. */
const socketBufferBytes = 2 * 1024 * 1024;

const mappedPrefix = '::ffff:';

const portMax = 65_535;

/** Binds a socket; without `host` to all addresses, IPv6 and IPv4 in one where the machine has both. */
export async function openUdp(options: TransportOptions): Promise<Transport> {
  const { port } = options;
  // The socket would take the lower 16 bits of any number.
  if (!Number.isInteger(port) || port < 0 || port > portMax) {
    throw new BanterError('ADDRESS_INVALID', `port ${port} is not between 0 and ${portMax}`);
  }
  if (options.host !== undefined) {
    return bound(options, isIPv6(options.host) ? 'udp6' : 'udp4', options.host);
  }
  try {
    return await bound(options, 'udp6', '::');
  } catch (error) {
    if (error instanceof BanterError && error.code === 'PORT_IN_USE') throw error;
    return bound(options, 'udp4', '0.0.0.0');
  }
}

async function bound(
  options: TransportOptions,
  type: 'udp4' | 'udp6',
  host: string,
): Promise<Transport> {
  const socket = createSocket({
    type,
    recvBufferSize: socketBufferBytes,
    sendBufferSize: socketBufferBytes,
    // Addresses are literals; a resolver would only put off each send to a later turn of the loop.
    lookup: (literal, _options, callback) => callback(null, literal, type === 'udp6' ? 6 : 4),
  });
  try {
    // The lookup being synchronous, binding may be over when bind() returns.
    const listening = once(socket, 'listening');
    socket.bind(options.port, host);
    await listening;
  } catch (error) {
    socket.close();
    throw bindError(error, host, options.port);
  }
  return new UdpTransport(socket, type, options);
}

function bindError(cause: unknown, host: string, port: number): BanterError {
  const reason = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (reason === 'EADDRINUSE') {
    return new BanterError('PORT_IN_USE', `UDP port ${port} is in use`, { cause, data: { port } });
  }
  if (reason === 'EACCES') {
    return new BanterError('PORT_IN_USE', `UDP port ${port} is reserved to the system`, { cause });
  }
  return new BanterError('ADDRESS_INVALID', `cannot bind ${host} port ${port}`, { cause });
}

class UdpTransport implements Transport {
  readonly localAddress: Address;
  readonly #socket: Socket;
  readonly #type: 'udp4' | 'udp6';

  constructor(socket: Socket, type: 'udp4' | 'udp6', options: TransportOptions) {
    this.#socket = socket;
    this.#type = type;
    const { address, port } = socket.address();
    this.localAddress = { host: address, port };
    socket.on('message', (datagram, { address: host, port }) => {
      // Not the Buffer itself, whose slice() makes no copy.
      const { buffer, byteOffset, length } = datagram;
      const bytes = new Uint8Array(buffer, byteOffset, length);
      options.onDatagram(bytes, { host: unmapped(host), port });
    });
    // What the kernel reports about single datagrams (unreachable ports and networks) is loss like any other.
    socket.on('error', () => {});
  }

  send(datagram: Uint8Array, to: Address): void {
    // The socket throws for port 0, which a datagram's source may claim.
    if (to.port === 0) return;
    // An address is a literal: a colon tells the families apart, and costs less than a look at the whole.
    const isVersion6 = to.host.includes(':');
    if (this.#type === 'udp4' && isVersion6) return;
    const host = this.#type === 'udp6' && !isVersion6 ? mappedPrefix + to.host : to.host;
    // No callback, which would cost a tick each: a datagram that fails to leave is lost like any other.
    this.#socket.send(datagram, to.port, host);
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

function unmapped(host: string): string {
  return host.startsWith(mappedPrefix) ? host.slice(mappedPrefix.length) : host;
}
