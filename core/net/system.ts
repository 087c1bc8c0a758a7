/** The machine's own clock, timers, resolver and UDP sockets. */

import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { BanterError } from '../errors.ts';
import { systemRandom } from './sodium.ts';
import type { Environment } from './transport.ts';
import { openUdp } from './udp.ts';

/** The longest timer: a longer one would fire at once. Whoever waits years looks again after 24 days. Milliseconds. */
const timerMsMax = 2 ** 31 - 1;

export const systemEnvironment: Environment = {
  random: systemRandom,
  now: () => performance.now(),
  wallClockMs: () => Date.now(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, Math.min(delayMs, timerMsMax));
    return () => clearTimeout(timer);
  },
  soon: (callback) => {
    setImmediate(callback);
  },
  localHosts: () =>
    Object.values(networkInterfaces()).flatMap((addresses = []) =>
      addresses.filter(({ internal }) => !internal).map(({ address }) => address),
    ),
  resolve: async (host) => {
    try {
      return (await lookup(host)).address;
    } catch (error) {
      throw new BanterError('ADDRESS_INVALID', `no host is called "${host}"`, { cause: error });
    }
  },
  open: openUdp,
};
