/** The arguments of the original's two forms, checked in its words and its order. */

import { isIP } from 'node:net';
import { checkName } from '../core/client-api.ts';

/** What follows `-s`. */
export interface ServerArguments {
  readonly type: 'server';
  readonly port: number;
}

/** What follows `-c`. */
export interface ClientArguments {
  readonly type: 'client';
  readonly name: string;
  /** `localhost`, an IP address or a host name. */
  readonly host: string;
  readonly serverPort: number;
  readonly clientPort: number;
}

/** Why not, in lines to print before leaving with status 1. */
export interface ArgumentFault {
  readonly type: 'fault';
  readonly lines: readonly string[];
}

const portMin = 1024;
const portMax = 65_535;
const hostLengthMax = 253;

/** Reads `<server-port>`. */
export function parseServerArguments(args: readonly string[]): ServerArguments | ArgumentFault {
  const [portText, ...rest] = args;
  if (portText === undefined || rest.length > 0) return misuse('banter -s <server-port>');
  const port = parsePort(portText);
  return port === undefined ? fault('Invalid server port number') : { type: 'server', port };
}

/** Reads `<name> <server-ip> <server-port> <client-port>`. */
export function parseClientArguments(args: readonly string[]): ClientArguments | ArgumentFault {
  const [name, host, serverPortText, clientPortText, ...rest] = args;
  const isComplete = name !== undefined && host !== undefined && serverPortText !== undefined;
  if (!isComplete || clientPortText === undefined || rest.length > 0) {
    return misuse('banter -c <name> <server-ip> <server-port> <client-port>');
  }
  const nameFault = checkUsername(name);
  if (nameFault !== undefined) return fault(nameFault);
  if (!isHost(host)) return fault(invalidHost);
  const serverPort = parsePort(serverPortText);
  if (serverPort === undefined) return fault('Invalid server port number');
  const clientPort = parsePort(clientPortText);
  if (clientPort === undefined) return fault('Invalid client port number');
  return { type: 'client', name, host, serverPort, clientPort };
}

/** What a server address is answered with that is none, or that nobody knows. */
export const invalidHost = 'Invalid server ip address. Try again.';

/** The original allowed every name without `;` but its own; what else our rule forbids is said with its reason. */
function checkUsername(name: string): string | undefined {
  if (name === 'server' || name.includes(';')) return 'Invalid username';
  const reason = checkName(name);
  return reason === undefined ? undefined : `Invalid username: it ${reason}`;
}

function parsePort(text: string): number | undefined {
  const port = /^\d{4,5}$/.test(text) ? Number(text) : 0;
  return port >= portMin && port <= portMax ? port : undefined;
}

/** A name whose last part is a number is an IPv4 address gone wrong (RFC 1123 §2.1). */
function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const isName = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i;
  return text.length <= hostLengthMax && isName.test(text) && !/(?:^|\.)\d+$/.test(text);
}

function misuse(form: string): ArgumentFault {
  return { type: 'fault', lines: ['Please use valid input like:', form] };
}

function fault(line: string): ArgumentFault {
  return { type: 'fault', lines: [line] };
}
