/** Feeds targets with mutated inputs, the same for the same seed, until one of them breaks a claim or throws. */

import { Random } from '../support/random.ts';
import { mutated } from './mutation.ts';
import type { FuzzTarget } from './target.ts';

/** What broke a target: its inputs in order, from a fresh state on. */
export interface Crash {
  readonly target: string;
  readonly inputs: readonly Uint8Array[];
  readonly error: unknown;
}

export interface FuzzOptions {
  readonly targets: readonly FuzzTarget[];
  /** Inputs to all targets together. */
  readonly executions: number;
  readonly seed: number;
  /** Told now and then how many inputs have been taken. */
  readonly onProgress?: (executions: number, target: string) => void;
}

/** How often shortening a reproducer may run the target. */
const shorteningsMax = 500;

/** Inputs between two reports of progress. */
const progressEvery = 1000;

/** @returns the first crash, its inputs as few as could be found, or undefined */
export function fuzz({ targets, executions, seed, onProgress }: FuzzOptions): Crash | undefined {
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  let done = 0;
  for (const [number, target] of targets.entries()) {
    const end =
      number === targets.length - 1 ? executions : done + executions * (target.share / shares);
    for (let life = 0; done < end; life++) {
      const count = Math.min(target.inputsPerLife, Math.ceil(end - done));
      const random = new Random(seed * 1_000_003 + nameSeed(target.name) + life);
      const crash = live(target, inputsOf(target, random, count));
      if (crash !== undefined) return crash;
      const before = done;
      done += count;
      if (Math.floor(before / progressEvery) !== Math.floor(done / progressEvery)) {
        onProgress?.(Math.round(done), target.name);
      }
    }
  }
  return undefined;
}

/** Runs a reproducer. @returns what it breaks, if it still does */
export function replay(target: FuzzTarget, inputs: readonly Uint8Array[]): Crash | undefined {
  const take = target.begin();
  for (const [at, input] of inputs.entries()) {
    try {
      take(input.slice());
    } catch (error) {
      return { target: target.name, inputs: inputs.slice(0, at + 1), error };
    }
  }
  return undefined;
}

/** One life of a target, from a fresh state to the last input or the first that breaks it. */
function live(target: FuzzTarget, inputs: readonly Uint8Array[]): Crash | undefined {
  const crash = replay(target, inputs);
  return crash === undefined ? undefined : shortened(target, crash);
}

function inputsOf(target: FuzzTarget, random: Random, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, () =>
    random.chance(target.intact) ? random.pick(target.corpus) : mutated(target.corpus, random),
  );
}

/** Leaves out what is not needed to break it: first large parts, then small ones. */
function shortened(target: FuzzTarget, crash: Crash): Crash {
  let shortest = crash;
  let runs = 0;
  for (let part = Math.ceil(crash.inputs.length / 2); part >= 1; part = Math.floor(part / 2)) {
    for (let at = 0; at < shortest.inputs.length && runs < shorteningsMax; runs++) {
      const { inputs } = shortest;
      const fewer = replay(target, [...inputs.slice(0, at), ...inputs.slice(at + part)]);
      if (fewer === undefined) at += part;
      else shortest = fewer;
    }
  }
  return shortest;
}

/** So that two targets do not get the same randomness. */
function nameSeed(name: string): number {
  let sum = 0;
  for (const character of name) sum = Math.imul(sum, 31) + (character.codePointAt(0) ?? 0);
  return sum;
}
