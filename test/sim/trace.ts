/** Plays one seed and writes down, line by line, everything that happens. */

import { type Address, addressKey } from '../../core/protocol/address.ts';
import { describeDatagram, seeFrames } from './frames-seen.ts';
import { describeFailure } from './replay.ts';
import { type Result, simulate } from './world.ts';

/** Faults that say nothing beyond the datagram's own line. */
const silentFaults: ReadonlySet<string> = new Set(['sent', 'delivered']);

/** Plays a seed. @param write takes a line at a time */
export async function trace(seed: number, write: (line: string) => void): Promise<Result> {
  const seen = seeFrames();
  try {
    let now = (): number => 0;
    const say = (line: string): void => write(`${now().toFixed(1).padStart(9)}  ${line}`);
    const result = await simulate(seed, {
      tell: say,
      enter: (network) => {
        now = () => network.now;
        network.watch((datagram, from, to) => {
          const what = describeDatagram(datagram, seen.of(datagram));
          say(`  ${describeWay({ from, to })}  ${what} (${datagram.length} bytes)`);
        });
        network.watchFaults((kind, subject) => {
          if (silentFaults.has(kind)) return;
          const where = typeof subject === 'string' ? subject : describeWay(subject);
          say(`  ${where}  ! ${kind}`);
        });
      },
    });
    write(describePlan(result));
    write(
      result.violations.length > 0 ? describeFailure(result) : `seed ${seed}: every promise kept`,
    );
    return result;
  } finally {
    seen.stop();
  }
}

function describeWay({ from, to }: { readonly from: Address; readonly to: Address }): string {
  return `${addressKey(from)} > ${addressKey(to)}`;
}

function describePlan({ plan, counts, reconnections, deliveries }: Result): string {
  const { seed, memberCount, calm, silenceMs, faults, disturbances } = plan;
  return [
    `seed ${seed}: ${memberCount} members, ${calm ? 'calm' : 'not calm'}, silence ${silenceMs} ms`,
    `faults: ${JSON.stringify(faults)}`,
    ...disturbances.map((each) => `disturbance: ${JSON.stringify(each)}`),
    `counts: ${JSON.stringify(counts)}`,
    `${deliveries} deliveries, ${reconnections} reconnections`,
  ].join('\n');
}
