/** The story of a member that is away while its group says more than the server keeps. */

import { Scene } from './scene.ts';

/** What the member that was away came to hear. */
export interface Outlasted {
  /** What it was told is missing, gap by gap. */
  readonly gaps: readonly (number | undefined)[];
  /** How many messages it truly missed. */
  readonly missing: number;
  /** Whether what it heard is the end of what was said, in order. */
  readonly endsRight: boolean;
}

/** More than the four MiB that a group's log keeps. */
const messageCount = 80;
const messageBytes = 59_000;

/** Plays the story to its end. */
export async function outlastLog(): Promise<Outlasted> {
  const scene = new Scene({ delayMs: 1 });
  await scene.serve({ policy: { silenceMs: 2500 } });
  const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
  await scene.gather('hall', [ann, bob]);
  const gaps: (number | undefined)[] = [];
  bob.client.on('gapFound', (_, count) => gaps.push(count));
  scene.network.cut(bob.host);
  const texts = Array.from({ length: messageCount }, (_, at) => `${at} `.padEnd(messageBytes, '.'));
  for (const text of texts) await scene.settle(ann.client.sendGroup('hall', text));
  scene.network.mend(bob.host);
  await scene.until(() => bob.heard.at(-1) === texts.at(-1));
  const missing = texts.length - bob.heard.length;
  const endsRight = bob.heard.every((text, at) => text === texts[missing + at]);
  return { gaps, missing, endsRight };
}
