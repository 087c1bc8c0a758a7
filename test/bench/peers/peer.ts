/** What a benchmark asks of a chat server of any kind. */

/** How to start a server process. */
export interface Launch {
  readonly command: string;
  readonly arguments: readonly string[];
}

/** Where a server is to listen, on 127.0.0.1 only, and a folder of its own for its configuration. */
export interface Place {
  readonly port: number;
  readonly folder: string;
  /** Where a server on Node writes a profile of its processor time when it ends. */
  readonly profileFolder?: string | undefined;
}

/** Whom to connect as, and to whom to tell what comes. */
export interface Target {
  readonly port: number;
  /** Lower-case letters and digits, at most nine: every server takes it. */
  readonly name: string;
  readonly onMessage: (text: string) => void;
  /** The connection has ended by itself. */
  readonly onLost: (reason: string) => void;
  /** Ends an attempt that would go on trying. */
  readonly signal?: AbortSignal;
}

export interface PeerClient {
  /** Resolves once the server has accepted the member. */
  join(group: string): Promise<void>;
  /** Sends to a group this client has joined; resolves when the server has taken the message. The text has no line ends. */
  send(group: string, text: string): Promise<void>;
  close(): void;
}

export interface Peer {
  readonly name: string;
  /** What one has to know to read its row: encryption, acknowledgement. */
  readonly terms: string;
  /** A program of the machine without which it cannot run. */
  readonly program?: string;
  readonly launch: (place: Place) => Launch;
  /** Rejects while no server is there. */
  readonly connect: (target: Target) => Promise<PeerClient>;
  /** A client that costs its process as little as possible; it need not hand on what it receives. Default: `connect`. */
  readonly connectIdle?: (target: Target) => Promise<PeerClient>;
  /** What people start, where it differs from `launch`. */
  readonly launchInstalled?: (place: Place) => Launch;
}

/** A server that is a file beside this one, run by this Node; its argument is the port. */
export function nodeServer(file: string, { port, profileFolder }: Place): Launch {
  const profile =
    profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const path = new URL(file, import.meta.url).pathname;
  return { command: process.execPath, arguments: [...profile, path, String(port)] };
}
