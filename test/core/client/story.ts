/** What stories of restarts have in common: a server on a disk, people in a group, and somebody who talks without waiting. */

import type { Committed, GroupMessage } from '../../../core/index.ts';
import { type Person, Scene, serverHost } from '../../sim/scene.ts';
import { Disk } from './disk.ts';

/** A scene whose server writes to a disk; its members are in the group "hall". */
export async function begin(...names: readonly string[]): Promise<{
  readonly scene: Scene;
  readonly disk: Disk;
  readonly people: readonly Person[];
}> {
  const scene = new Scene({ delayMs: 10, jitterMs: 20 });
  const disk = new Disk(scene.network.host('10.0.8.8'));
  await scene.serve({ store: disk.open() });
  const people: Person[] = [];
  for (const name of names) people.push(await scene.connect(name));
  await scene.gather('hall', people);
  return { scene, disk, people };
}

/** Somebody says everything, one message each few milliseconds, and waits for no answer. */
export function talk(
  scene: Scene,
  { client, host }: Person,
  texts: readonly string[],
): Promise<readonly Committed[]> {
  const clock = scene.network.host(host);
  return Promise.all(
    texts.map(
      (text, at) =>
        new Promise<Committed>((resolve, reject) => {
          clock.setTimer(() => void client.sendGroup('hall', text).then(resolve, reject), at * 3);
        }),
    ),
  );
}

/** The server dies without a word. */
export function crash(scene: Scene, disk: Disk): void {
  scene.network.crash(serverHost);
  disk.crash();
}

/** Texts to say. */
export function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `message ${at}`);
}

/** What somebody hears of groups from now on. */
export function messagesOf({ client }: Person): GroupMessage[] {
  const messages: GroupMessage[] = [];
  client.on('groupMessageReceived', (message) => messages.push(message));
  return messages;
}
