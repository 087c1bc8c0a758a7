/** Everything that is fuzzed. */

import type { FuzzTarget } from './target.ts';
import { clientTarget } from './targets/client-target.ts';
import { codecTargets } from './targets/codec-targets.ts';
import { connectionTarget } from './targets/connection-target.ts';
import { endpointTarget } from './targets/endpoint-target.ts';
import { envelopeTarget } from './targets/envelope-target.ts';
import { hubTarget } from './targets/hub-target.ts';

export const fuzzTargets: readonly FuzzTarget[] = [
  ...codecTargets,
  connectionTarget,
  hubTarget,
  clientTarget,
  endpointTarget,
  envelopeTarget,
];
