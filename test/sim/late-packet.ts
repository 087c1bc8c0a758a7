/** The story of a client whose box maps anew, and of a packet that was held back on its way since before. */

import type { Address } from '../../core/protocol/address.ts';
import { Scene } from './scene.ts';

const box = '198.51.100.1';

/** Plays the story to its end. @returns how long a message to the client then took. Milliseconds */
export async function receiveLate(): Promise<number> {
  const scene = new Scene({ delayMs: 10 });
  const { network } = scene;
  await scene.serve();
  const ann = await scene.connect('ann');
  network.addNat(box);
  network.host('192.168.0.2', box);
  const bob = await scene.connect('bob', {}, '192.168.0.2');
  await scene.gather('hall', [ann, bob]);
  await scene.pass(1000);
  const held: { readonly datagram: Uint8Array; readonly from: Address; readonly to: Address }[] =
    [];
  const stopHolding = network.watch((datagram, from, to) => {
    if (from.host === box) held.push({ datagram, from, to });
  });
  network.cut(bob.host, 'out');
  const listed = bob.client.listGroups();
  await scene.pass(5);
  stopHolding();
  network.mend(bob.host);
  network.rebind(box);
  await scene.settle(listed);
  await scene.pass(1000);
  for (const { datagram, from, to } of held) network.inject(datagram, from, to);
  await scene.pass(100);
  void ann.client.sendGroup('hall', 'are you there?').catch(() => {});
  return scene.until(() => bob.heard.length > 0);
}
