/** Where datagrams go, and the one spelling of each address. */

import ipaddr from 'ipaddr.js';

/** An IPv4 or IPv6 literal and a UDP port, or a peer behind the server's relay. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const relayPrefix = 'relay-';

/** Where a peer is reached through the server's relay: by its identity, 64 hex digits, and the number of its link there. */
export function relayAddress(identity: string, link: number): Address {
  return { host: relayPrefix + identity, port: link };
}

/** Whether an address is that of a peer's auxiliary connection, beside the one that is present under its name. */
export function isAuxiliary(address: Address): boolean {
  return isRelayed(address) && address.port !== 0;
}

/** The identity in an address that {@link isRelayed}. */
export function relayedIdentity(address: Address): string {
  return address.host.slice(relayPrefix.length);
}

/** Whether datagrams to this address go through the server's relay, which says of each who sent it. */
export function isRelayed(address: Address): boolean {
  return address.host.startsWith(relayPrefix);
}

/** One text per address: what maps are keyed by and what cookies cover. */
export function addressKey(address: Address): string {
  const host = canonicalHost(address.host);
  return host.includes(':') ? `[${host}]:${address.port}` : `${host}:${address.port}`;
}

/** Whether two addresses are one, however they are spelt. */
export function sameAddress(a: Address, b: Address): boolean {
  if (a.port !== b.port) return false;
  // The kernel spells an address the same way each time: no packet of a connection costs more than this.
  return a.host === b.host || canonicalHost(a.host) === canonicalHost(b.host);
}

/**
 * One text per host: an IPv4 address that is mapped into IPv6 (RFC 4291 §2.5.5.2) as IPv4, another IPv6 address as
 * RFC 5952 writes it, with its zone if it has one. What is no IPv6 literal stays as it is.
 */
export function canonicalHost(host: string): string {
  const literal = parseIpv6(host);
  if (literal === undefined) return host;
  if (literal.isIPv4MappedAddress()) return literal.toIPv4Address().toString();
  return literal.toRFC5952String();
}

/**
 * The first `bits` bits of an IPv6 host as text; undefined for IPv4, also where it is mapped, and for relayed peers,
 * who have no such neighbours.
 */
export function ipv6Network(host: string, bits: number): string | undefined {
  const literal = parseIpv6(host);
  if (literal === undefined || literal.isIPv4MappedAddress()) return undefined;
  const [bare, zone = ''] = literal.toRFC5952String().split('%');
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${bare}/${bits}`).toRFC5952String();
  return `${network}/${bits}${zone && `%${zone}`}`;
}

/**
 * The 4 bytes of an IPv4 host (also of a mapped one) or the 16 of an IPv6 host; none of anything else. A zone means
 * something on its own machine only and is left out.
 */
export function hostBytes(host: string): Uint8Array {
  // Of a directory's thousands of hosts most are IPv4, and the library takes several times as long.
  const parts = fourParts.test(host) ? host.split('.').map(Number) : [];
  if (parts.length > 0 && parts.every((part) => part <= 255)) return Uint8Array.from(parts);
  return Uint8Array.from(ipaddr.IPv6.isValid(host) ? ipaddr.process(host).toByteArray() : []);
}

/** The host that 4 or 16 bytes are, as {@link canonicalHost} spells it; empty for none. */
export function hostText(bytes: Uint8Array): string {
  if (bytes.length < 16) return bytes.join('.');
  return canonicalHost(ipaddr.fromByteArray([...bytes]).toString());
}

const fourParts = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/** Whether an IP address is one of a private network (RFC 1918, RFC 3927, RFC 4193); the loopback is none. */
export function isPrivateHost(host: string): boolean {
  return ipaddr.isValid(host) && privateRanges.has(ipaddr.process(host).range());
}

const privateRanges: ReadonlySet<string> = new Set(['private', 'linkLocal', 'uniqueLocal']);

function parseIpv6(host: string): ipaddr.IPv6 | undefined {
  return ipaddr.IPv6.isValid(host) ? ipaddr.IPv6.parse(host) : undefined;
}
