/** Carries out what a plan lets go wrong. */

import type { Disturbance } from './plan-disturbances.ts';
import type { World } from './world.ts';

type Kind = Disturbance['type'];

type Handlers = {
  readonly [Type in Kind]: (
    world: World,
    disturbance: Extract<Disturbance, { type: Type }>,
  ) => void;
};

/** Lets a disturbance happen at its instants, counted from now. */
export function disturb(world: World, disturbance: Disturbance): void {
  // The handler of a type takes disturbances of this type.
  const handle = handlers[disturbance.type] as (world: World, disturbance: Disturbance) => void;
  handle(world, disturbance);
}

const handlers: Handlers = {
  blackhole: (world, { victim, way, fromMs, toMs }) => {
    const host = world.hostOf(victim);
    world.later(fromMs, () => {
      world.chronicle.tell(`${victim} is cut off: ${way}`);
      world.network.cut(host, way);
    });
    world.later(toMs, () => {
      world.chronicle.tell(`${victim} is cut off no more`);
      world.network.mend(host);
    });
  },

  crash: (world, { victim, fromMs, toMs, afterSends }) => {
    const host = world.hostOf(victim);
    let isDead = false;
    const stopWatching = world.network.watchFaults((kind, subject) => {
      if (kind !== 'crashed' || subject !== host) return;
      isDead = true;
      stopWatching();
      if (victim === 'server') world.serverDied();
      else world.member(victim).crashed();
    });
    world.later(fromMs, () => world.network.crashAfterSends(host, afterSends));
    world.later(toMs, () => {
      // Who had nothing to send meanwhile dies now.
      if (!isDead) world.network.crash(host);
      void (victim === 'server' ? world.serve() : world.member(victim).comeBack());
    });
  },

  pause: (world, { victim, clock, fromMs, toMs }) => {
    const host = world.hostOf(victim);
    world.later(fromMs, () => {
      world.chronicle.tell(`${victim} stands still; its clock ${clock}`);
      world.network.pause(host, clock);
    });
    world.later(toMs, () => {
      world.chronicle.tell(`${victim} goes on`);
      world.network.resume(host);
    });
  },

  jump: (world, { victim, fromMs, byMs }) => {
    const host = world.hostOf(victim);
    world.later(fromMs, () => {
      world.chronicle.tell(`the wall clock of ${victim} jumps by ${Math.round(byMs)} ms`);
      world.network.jump(host, byMs);
    });
  },

  rebind: (world, { nat, moves, fromMs }) => {
    world.later(fromMs, () => world.rebind(nat, moves));
  },

  narrow: (world, { mtuBytes, fromMs, toMs }) => {
    const { faults } = world.plan;
    world.later(fromMs, () => {
      world.chronicle.tell(`datagrams longer than ${mtuBytes} bytes vanish`);
      world.network.setFaults({ ...faults, mtuBytes });
    });
    world.later(toMs, () => {
      world.chronicle.tell('datagrams of every length pass again');
      world.network.setFaults(faults);
    });
  },
};
