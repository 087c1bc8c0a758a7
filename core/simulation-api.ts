/** The part of Banter's public API for whoever plays servers and clients on a network in virtual time. */

export { SimulatedNetwork } from './net/simulated.ts';
export type { Faults } from './net/simulated-faults.ts';
