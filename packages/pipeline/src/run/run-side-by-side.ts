// SPDX-License-Identifier: Apache-2.0
import type { PlannedStep } from '../file/step-plan.ts';
import type { RunGround } from './run-ground.ts';

export interface StepWork {
  readonly coresOf: (planned: PlannedStep) => number;
  /** Resolves to whether the steps behind it may start. */
  readonly run: (ground: RunGround, planned: PlannedStep) => Promise<boolean>;
}

/**
 * Starts each step once all before it have ended well, in the order of the plan, while its cores fit into what the ground
 * has left. A step that wants more than there is runs alone. After one that did not end well none starts. When one throws, the world
 * is broken: the others are ended, and what it threw is thrown once nothing runs any more.
 */
export async function runSideBySide(
  ground: RunGround,
  plan: readonly PlannedStep[],
  work: StepWork,
): Promise<void> {
  const abort = new AbortController();
  const signal =
    ground.signal === undefined ? abort.signal : AbortSignal.any([ground.signal, abort.signal]);
  const within = { ...ground, signal };
  const running = new Map<PlannedStep, Promise<void>>();
  const done = new Set<string>();
  const waiting = [...plan];
  let isGoing = true;
  const broken: unknown[] = [];
  const start = (planned: PlannedStep): void => {
    waiting.splice(waiting.indexOf(planned), 1);
    const ended = work.run(within, planned).then(
      (isWell) => {
        if (isWell) done.add(planned.name);
        else isGoing = false;
      },
      (error: unknown) => {
        broken.push(error);
        isGoing = false;
        abort.abort();
      },
    );
    running.set(
      planned,
      ended.finally(() => running.delete(planned)),
    );
  };
  for (;;) {
    if (isGoing && ground.signal?.aborted === true) {
      isGoing = false;
      broken.push(ground.signal.reason);
    }
    if (isGoing) {
      for (const planned of startable(
        { waiting, done, running: [...running.keys()] },
        ground,
        work,
      ))
        start(planned);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (broken.length > 0) throw broken[0];
}

interface Standing {
  readonly waiting: readonly PlannedStep[];
  readonly done: ReadonlySet<string>;
  readonly running: readonly PlannedStep[];
}

function startable(
  { waiting, done, running }: Standing,
  { cores = 1 }: RunGround,
  { coresOf }: StepWork,
): readonly PlannedStep[] {
  const taken = (planned: PlannedStep) => Math.min(coresOf(planned), cores);
  let left = cores - running.reduce((sum, planned) => sum + taken(planned), 0);
  const chosen: PlannedStep[] = [];
  for (const planned of waiting) {
    if (!planned.after.every((name) => done.has(name))) continue;
    // The first in the plan that does not fit waits for room; a later one must not keep it from it for ever.
    if (taken(planned) > left) break;
    left -= taken(planned);
    chosen.push(planned);
  }
  return chosen;
}
