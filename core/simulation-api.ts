/** The part of Banter's public API for whoever plays servers and clients on a network in virtual time. */

export { SimulatedNetwork, type SimulatedNetworkOptions } from './net/simulated.ts';
export type { FaultCounts, Faults } from './net/simulated-faults.ts';
export type { Environment } from './net/transport.ts';
