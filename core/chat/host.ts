/** IP addresses as bytes instead of text. */

const ipv6Groups = 8;

/** The twelve bytes before an IPv4 address that is mapped into IPv6 (RFC 4291 §2.5.5.2). */
const mappedPrefix: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/**
 * The 4 bytes of an IPv4 address (also of a mapped one) or the 16 of an IPv6 address; none of anything else.
 * A zone (RFC 4007 §11) means something on its own machine only and is left out.
 */
export function hostBytes(host: string): Uint8Array {
  const groups = host.includes(':') ? readIpv6(host.replace(/%.*$/, '')) : readIpv4(host);
  const bytes = Uint8Array.from(groups?.flatMap((group) => [group >>> 8, group & 0xff]) ?? []);
  return isMapped(bytes) ? bytes.subarray(mappedPrefix.length) : bytes;
}

/** The one spelling of the address that 4 or 16 bytes are (RFC 5952 §4 for IPv6); empty for none. */
export function hostText(bytes: Uint8Array): string {
  if (isMapped(bytes)) return hostText(bytes.subarray(mappedPrefix.length));
  if (bytes.length !== 2 * ipv6Groups) return bytes.join('.');
  const groups = Array.from({ length: ipv6Groups }, (_, at) => {
    return (bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0);
  });
  const words = groups.map((group) => group.toString(16));
  const gap = longestGap(groups);
  if (gap.length < 2) return words.join(':');
  return `${words.slice(0, gap.at).join(':')}::${words.slice(gap.at + gap.length).join(':')}`;
}

/** Two groups of 16 bits, or undefined for what is no IPv4 address. */
function readIpv4(text: string): readonly number[] | undefined {
  const bytes = text.split('.').map((word) => (/^\d{1,3}$/.test(word) ? Number(word) : 256));
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) return undefined;
  return [a * 256 + b, c * 256 + d];
}

/** Eight groups of 16 bits, or undefined for what is no IPv6 address. */
function readIpv6(text: string): readonly number[] | undefined {
  const halves = text
    .split('::')
    .map((half, at, all) => (half === '' ? [] : readGroups(half, at === all.length - 1)));
  const [head, tail = []] = halves;
  if (head === undefined || halves.length > 2) return undefined;
  const missing = ipv6Groups - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.includes(Number.NaN) ? undefined : groups;
}

/** The groups of a part without `::`, of which the very last two may be spelt like an IPv4 address; NaN for what is none. */
function readGroups(part: string, isLast: boolean): readonly number[] {
  return part.split(':').flatMap((word, at, words) => {
    if (isLast && at === words.length - 1 && word.includes('.'))
      return readIpv4(word) ?? [Number.NaN];
    return /^[0-9a-f]{1,4}$/i.test(word) ? [Number.parseInt(word, 16)] : [Number.NaN];
  });
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 2 * ipv6Groups && mappedPrefix.every((byte, at) => bytes[at] === byte);
}

/** The first of the longest runs of zeros. */
function longestGap(groups: readonly number[]): { readonly at: number; readonly length: number } {
  let longest = { at: 0, length: 0 };
  let length = 0;
  for (const [at, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { at: at + 1 - length, length };
  }
  return longest;
}
