/** The story of the classic profile: who types what, and every line that anybody reads, in order. */

import type { TestContext } from 'node:test';
import { absence, arrival, downfall, strangers, unanswered } from './classic-absence.ts';
import { arrivals, heldBack, inside, outside } from './classic-presence.ts';
import type { Scene } from './classic-scene.ts';
import { Stage, type StageOptions } from './classic-stage.ts';

const story: readonly Scene[] = [
  ...arrivals,
  ...outside,
  ...inside,
  ...heldBack,
  ...unanswered,
  arrival,
  // While these come and go, everything that Z owes the server is acknowledged.
  ...strangers,
  ...absence,
  ...downfall,
];

/** Plays the story from the first registration to the end of the server. */
export async function playStory(t: TestContext, options: StageOptions): Promise<void> {
  const stage = new Stage(t, options);
  for (const scene of story) await stage.play(scene);
  stage.compare();
}
