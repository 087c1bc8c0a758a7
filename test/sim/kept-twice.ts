/** The story of a kept message that is handed over again, because its recipient died before it could say that it had it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scene } from './scene.ts';

/** Plays the story to its end. @returns how often the message was shown, by both processes together */
export async function keepTwice(): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'banter-kept-'));
  try {
    const scene = new Scene();
    await scene.serve({ policy: { privateInGroup: true } });
    const ann = await scene.connect('ann');
    const before = await scene.connect('bob', { dataDir });
    await scene.settle(before.client.close());
    await scene.until(() => ann.client.directory.get('bob')?.online === false);
    await scene.settle(ann.client.send('bob', 'once'));
    const bob = await scene.connect('bob', { dataDir });
    bob.client.on('privateMessageReceived', () => scene.network.cut(bob.host));
    await scene.until(() => bob.heard.length > 0);
    scene.network.crash(bob.host);
    const again = await scene.connect('bob', { dataDir });
    await scene.pass(5000);
    return bob.heard.length + again.heard.length;
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}
