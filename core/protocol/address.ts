/** Where datagrams go, and the one spelling of each address. */

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
  const { groups, zone } = literal;
  return isMapped(literal) ? writeIpv4(groups.slice(6)) : writeIpv6(groups) + zone;
}

/**
 * The first `bits` bits (a multiple of 16) of an IPv6 host as text; undefined for IPv4, also where it is mapped, and
 * for relayed peers, who have no such neighbours.
 */
export function ipv6Network(host: string, bits: number): string | undefined {
  const literal = parseIpv6(host);
  if (literal === undefined || isMapped(literal)) return undefined;
  const { groups, zone } = literal;
  const prefix = groups.map((group, at) => (at < bits / 16 ? group : 0));
  return `${writeIpv6(prefix)}/${bits}${zone}`;
}

interface Ipv6Literal {
  /** Eight numbers of 16 bits. */
  readonly groups: readonly number[];
  /** `%` and the zone of RFC 4007 §11, or nothing. */
  readonly zone: string;
}

const ipv6Groups = 8;

function parseIpv6(text: string): Ipv6Literal | undefined {
  if (!text.includes(':')) return undefined;
  const zoneAt = text.indexOf('%');
  const literal = zoneAt < 0 ? text : text.slice(0, zoneAt);
  const halves = literal
    .split('::')
    .map((part, at, parts) => readGroups(part, at === parts.length - 1));
  const [head = [], tail] = halves;
  const missing = ipv6Groups - head.length - (tail?.length ?? 0);
  const isWhole = tail === undefined ? missing === 0 : missing > 0;
  const groups = [...head, ...new Array<number>(Math.max(0, missing)).fill(0), ...(tail ?? [])];
  if (halves.length > 2 || !isWhole || groups.includes(Number.NaN)) return undefined;
  return { groups, zone: zoneAt < 0 ? '' : text.slice(zoneAt) };
}

function isMapped({ groups }: Ipv6Literal): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

/** The groups of a part without `::`, NaN for what is none; the last of the last part may be two in the form of IPv4. */
function readGroups(part: string, isLastPart: boolean): readonly number[] {
  if (part === '') return [];
  return part.split(':').flatMap((word, at, words) => {
    if (isLastPart && at === words.length - 1 && word.includes('.')) return readIpv4(word);
    return /^[0-9a-f]{1,4}$/i.test(word) ? Number.parseInt(word, 16) : Number.NaN;
  });
}

function readIpv4(text: string): readonly number[] {
  const bytes = text.split('.').map((word) => (/^\d{1,3}$/.test(word) ? Number(word) : Number.NaN));
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const isWhole = bytes.length === 4 && bytes.every((byte) => byte <= 255);
  return isWhole ? [a * 256 + b, c * 256 + d] : [Number.NaN];
}

function writeIpv4(groups: readonly number[]): string {
  return groups.map((group) => `${group >>> 8}.${group & 0xff}`).join('.');
}

/** Lower case, no leading zeros, and `::` for the first of the longest runs of at least two zeros (RFC 5952 §4). */
function writeIpv6(groups: readonly number[]): string {
  let gapAt = 0;
  let gapLength = 1;
  let length = 0;
  for (const [at, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > gapLength) {
      gapLength = length;
      gapAt = at + 1 - length;
    }
  }
  const words = groups.map((group) => group.toString(16));
  if (gapLength < 2) return words.join(':');
  return `${words.slice(0, gapAt).join(':')}::${words.slice(gapAt + gapLength).join(':')}`;
}
