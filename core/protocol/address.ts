/** Where datagrams go. */

/** An IPv4 or IPv6 literal (a mapped IPv4 address is written as IPv4) and a UDP port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One text per address: what maps are keyed by and what cookies cover. */
export function addressKey(address: Address): string {
  return address.host.includes(':')
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`;
}

/** Whether two canonical addresses are one. */
export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && a.host === b.host;
}

/** How the host of a peer begins that is reached through the server's relay. */
const relayPrefix = 'relay-';

/** Whether an address leads through the relay instead of the network. */
export function isRelayed(address: Address): boolean {
  return address.host.startsWith(relayPrefix);
}
