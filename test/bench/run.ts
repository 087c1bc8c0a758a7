/** `npm run bench`: every benchmark, or those named on the command line. */

import { benchDelivery } from './delivery.ts';
import { benchStartUp } from './start-up.ts';

const benchmarks: ReadonlyMap<string, () => Promise<readonly string[]>> = new Map([
  ['delivery', benchDelivery],
  ['start-up', benchStartUp],
]);

const named = process.argv.slice(2);
for (const [name, run] of benchmarks) {
  if (named.length > 0 && !named.includes(name)) continue;
  process.stdout.write(`${(await run()).join('\n')}\n\n`);
}
