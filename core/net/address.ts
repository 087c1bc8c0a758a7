/** How people write a server: `host`, `host:port` or `[ipv6]:port`, each optionally with `#fingerprint`. */

import { BanterError } from '../errors.ts';

/** Where servers listen unless told otherwise. */
export const defaultPort = 6666;

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** The server's Ed25519 key, 32 bytes, if the person gave its fingerprint. */
  readonly key: Uint8Array | undefined;
  /** Host and port as they were written, for people. */
  readonly text: string;
  /** The same for whoever keeps something by server: in lower case, and this machine always `localhost`. */
  readonly name: string;
}

const keyBytes = 32;
const pattern =
  /^(?:\[([0-9a-f]*:[0-9a-f:.]*(?:%[\w.-]+)?)\]|([^:[\]#\s]+)|([0-9a-f]*:[0-9a-f:.]*:[0-9a-f.]*))(?::(\d+))?(?:#(.*))?$/i;

/** @throws BanterError ADDRESS_INVALID */
export function parseServerAddress(text: string): ServerAddress {
  const match = pattern.exec(text.trim());
  const host = match?.[1] ?? match?.[2] ?? match?.[3];
  if (host === undefined) {
    throw new BanterError('ADDRESS_INVALID', `"${text}" is no address of a server`);
  }
  const port = match?.[4] === undefined ? defaultPort : Number(match[4]);
  if (port < 1 || port > 65_535) {
    throw new BanterError('ADDRESS_INVALID', `port ${port} is not between 1 and 65535`);
  }
  const written = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  // Whoever knows a server as `localhost` must not be a stranger to it as `127.0.0.1`.
  const isLoopback = host === '127.0.0.1' || host === '::1';
  const name = isLoopback ? `localhost:${port}` : written.toLowerCase();
  return { host, port, key: parseFingerprint(match?.[5]), text: written, name };
}

/** A key for people: 43 letters, digits, "-" and "_". */
export function fingerprintOf(key: Uint8Array): string {
  return Buffer.from(key).toString('base64url');
}

function parseFingerprint(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  const key = Buffer.from(text, 'base64url');
  if (key.length === keyBytes && fingerprintOf(key) === text) return Uint8Array.from(key);
  throw new BanterError('ADDRESS_INVALID', `"#${text}" is no fingerprint: it has 43 characters`);
}
