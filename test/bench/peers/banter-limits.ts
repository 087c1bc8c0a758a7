/** Limits of Banter's server that a benchmark does not meet. */

import type { AdmissionLimits, HubLimits } from '../../../core/index.ts';

const beyondReach = 1_000_000;
const bytesBeyondReach = 2 ** 40;
const logBytesMax = 512 * 1024 * 1024;

export const limits: Partial<HubLimits> = {
  requestsPerSecond: beyondReach,
  requestBurst: beyondReach,
  requestBytesPerSecond: bytesBeyondReach,
  requestByteBurst: bytesBeyondReach,
  namesPerAddress: beyondReach,
  // As the queues of the others have no bound: nobody is to miss what a crowded machine delivers late.
  logMessages: beyondReach,
  logBytes: logBytesMax,
  logBytesTotal: logBytesMax,
};

/** All clients of a benchmark come from one address, at once. */
export const admission: Partial<AdmissionLimits> = {
  addressHandshakesPerSecond: beyondReach,
  addressHandshakeBurst: beyondReach,
  handshakesPerSecond: beyondReach,
  handshakeBurst: beyondReach,
  addressConnections: beyondReach,
};
