/** This project's server and clients as a driver of benchmarks that bring their own harness and load drivers by path. */

import { banter } from './peers/banter.ts';
import { connectLean } from './peers/banter-lean.ts';
import type { PeerClient, Target } from './peers/peer.ts';

/** Where the harness wants a server or finds it. */
interface Place {
  readonly port: number;
}

/** Whom to connect as. */
interface Who extends Place {
  readonly name: string;
  /** The connection has ended. */
  readonly down: (why: string) => void;
}

/** A member as the harness drives it. */
interface Member {
  /** Resolves when the server has accepted the member. */
  readonly join: (group: string) => Promise<void>;
  /** Resolves when the server has acknowledged. */
  readonly send: (group: string, payload: string) => Promise<void>;
  readonly onMessage: (callback: (payload: string) => void) => void;
  readonly close: () => void;
}

/** A product as the harness compares it. */
export interface Driver {
  readonly about: string;
  readonly server: (place: Place & { readonly dir: string }) => {
    readonly cmd: string;
    readonly args: readonly string[];
  };
  readonly connect: (who: Who) => Promise<Member>;
}

function driverOf(about: string, connect: (target: Target) => Promise<PeerClient>): Driver {
  return {
    about,
    server: ({ port, dir }) => {
      const { command, arguments: args } = banter.launch({ port, folder: dir });
      return { cmd: command, args };
    },
    connect: async ({ port, name, down }) => {
      let receive = (_payload: string): void => {};
      const onMessage = (text: string): void => receive(text);
      const client = await connect({ port, name, onMessage, onLost: down });
      return {
        join: (group) => client.join(group),
        send: (group, payload) => client.send(group, payload),
        onMessage: (callback) => {
          receive = callback;
        },
        close: () => client.close(),
      };
    },
  };
}

const driver: Driver = driverOf('banter, encrypted, acknowledged with its place', banter.connect);

/** Chosen as `file:variant`. */
export const variants: Readonly<Record<string, Driver>> = {
  lean: driverOf('banter, clients without a directory', connectLean),
};

// biome-ignore lint/style/noDefaultExport: the harness takes the default export of a file.
export default driver;
