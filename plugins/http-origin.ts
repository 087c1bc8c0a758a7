/** Where plugins may go: permissions as origins, and which addresses of the network are nobody's business. */

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { BanterError } from '../core/error-api.ts';

/** `http:<host>`, or `http+private:<host>` where the host may be one of the own network. */
export type HttpPermission = `http:${string}` | `http+private:${string}`;

/** One host that a plugin may go to. */
export interface HttpGrant {
  /** `https://api.example.com`, with its port where that is no usual one. */
  readonly origin: string;
  /** Whether it may be an address of this machine or its networks. */
  readonly isPrivate: boolean;
}

/** Characters of a permission: a host name has at most 253. */
const permissionCharactersMax = 300;

/** Whether a permission is one of these, well formed or not. */
export function isHttpPermission(text: string): text is HttpPermission {
  return text.startsWith('http:') || text.startsWith('http+private:');
}

/**
 * What a permission means: `http:api.example.com` its HTTPS port, `http:http://api.example.com:8080` just that.
 * @throws BanterError OPTION_INVALID for what is no origin, or is not written in its one form
 */
export function parseHttpPermission(permission: HttpPermission): HttpGrant {
  const isPrivate = permission.startsWith('http+private:');
  const [scheme = ''] = permission.split(':', 1);
  const written = permission.slice(scheme.length + 1);
  const origin = written.includes('://') ? written : `https://${written}`;
  const url = permission.length > permissionCharactersMax ? null : URL.parse(origin);
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === null || !isWeb || url.hostname === '') {
    const problem = `"${permission.slice(0, permissionCharactersMax)}" names no host; write it like http:api.example.com`;
    throw new BanterError('OPTION_INVALID', problem);
  }
  // Whoever is asked must read what is gone to: 0x7f.1 and ⓔxample are hosts that look like another.
  if (url.origin !== origin) {
    const { origin: own } = url;
    const canonical = `${scheme}:${own.startsWith('https://') ? own.slice('https://'.length) : own}`;
    throw new BanterError('OPTION_INVALID', `"${permission}" is written ${canonical}`);
  }
  return { origin, isPrivate };
}

/** In words, after the name of a plugin. */
export function describeHttpPermission(permission: HttpPermission): string {
  const { origin, isPrivate } = parseHttpPermission(permission);
  const { protocol, host } = new URL(origin);
  const how = protocol === 'http:' ? 'unencrypted' : 'encrypted';
  return isPrivate
    ? `exchanges data with ${host} (${how}), also if that is this machine or in its own network`
    : `exchanges data with ${host} on the internet (${how})`;
}

/**
 * Whether an address is one of the public internet. Not so: this machine, its networks, links, groups, carriers' own
 * networks, what is reserved, and every form in which IPv6 carries an IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  // The library also reads shortened forms, in which no resolver answers.
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  // Of IPv6 only 2000::/3 is given out; what looks ordinary elsewhere is not.
  return parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] ?? 0) >> 5 === 1;
}
