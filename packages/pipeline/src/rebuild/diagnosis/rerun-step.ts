// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { PlannedStep } from '../../file/step-plan.ts';
import { executeStep } from '../../run/execute-step.ts';
import type { StepInputRecord } from '../../run/result.ts';
import type { RunGround } from '../../run/run-ground.ts';
import type { Mount } from '../../sandbox/system-mounts.ts';
import type { TimeWindow } from '../divergence/divergence.ts';
import type { DiagnosisBudget } from './likely-cause.ts';
import { type Pins, PROBE_MOUNT, pinnedCommand, pinVariables } from './pins.ts';

export interface RerunGround {
  readonly ground: RunGround;
  readonly planned: PlannedStep;
  readonly inputs: readonly StepInputRecord[];
  readonly hidden: readonly string[];
}

/** What one rerun made, by file; two reruns agree when their fingerprints do. */
export interface Rerun {
  readonly files: ReadonlyMap<string, string>;
  readonly fingerprint: string;
  readonly window: TimeWindow;
}

const TIMEOUT_MARGIN_S = 60;
const SLOWER_MAX = 5;

/** Reruns one step with some things pinned, as often as the budget allows. */
export class StepReruns {
  readonly #at: RerunGround;
  readonly #budget: DiagnosisBudget;
  readonly #recordedSeconds: number;
  readonly #startedMs: number;
  #count = 0;

  constructor(at: RerunGround, budget: DiagnosisBudget, recordedSeconds: number) {
    this.#at = at;
    this.#budget = budget;
    this.#recordedSeconds = recordedSeconds;
    this.#startedMs = at.ground.now().getTime();
  }

  get count(): number {
    return this.#count;
  }

  get seconds(): number {
    return (this.#at.ground.now().getTime() - this.#startedMs) / 1000;
  }

  get isSpent(): boolean {
    return this.#count >= this.#budget.rerunsMax || this.seconds >= this.#budget.secondsMax;
  }

  /** Undefined when the budget is spent or the step failed with these pins. */
  async run(pins: Pins, environmentMounts?: readonly Mount[]): Promise<Rerun | undefined> {
    if (this.isSpent) return undefined;
    this.#count += 1;
    const { ground, planned, inputs, hidden } = this.#at;
    const mounts = environmentMounts ?? ground.environmentMounts;
    const outcome = await executeStep(
      {
        ...ground,
        scratch: join(ground.scratch, 'reruns'),
        environmentMounts: [...mounts, PROBE_MOUNT],
        profile: { ...ground.profile, ...pinVariables(pins) },
        emit: () => {},
      },
      {
        ...planned,
        step: {
          ...planned.step,
          run: pinnedCommand(planned.step.run, pins),
          timeout_s: this.#timeoutS(),
        },
      },
      { inputs: inputs.filter(({ from }) => !('params' in from)), hidden },
    );
    ground.signal?.throwIfAborted();
    if (outcome.failure !== undefined) return undefined;
    const { outputs, startedAt, endedAt } = outcome.record;
    const files = new Map(
      [...outputs, ...outcome.evidence].map(({ file, digest }) => [file, digest] as const),
    );
    const fingerprint = [...files].toSorted().join('\n');
    return { files, fingerprint, window: { from: startedAt, to: endedAt } };
  }

  /** As many reruns with the same pins; fewer when one fails or the budget ends. */
  async repeat(pins: Pins, times: number): Promise<readonly Rerun[]> {
    const made: Rerun[] = [];
    for (let index = 0; index < times; index += 1) {
      const rerun = await this.run(pins);
      if (rerun === undefined) break;
      made.push(rerun);
    }
    return made;
  }

  /** A pinned clock can make a program wait for ever. */
  #timeoutS(): number {
    const limit = Math.ceil(this.#recordedSeconds * SLOWER_MAX) + TIMEOUT_MARGIN_S;
    return Math.min(limit, this.#at.planned.step.timeout_s ?? limit);
  }
}

/** Whether reruns gave one and the same bytes; undefined when there were not two to compare. */
export function agree(reruns: readonly Rerun[]): boolean | undefined {
  if (reruns.length < 2) return undefined;
  return new Set(reruns.map(({ fingerprint }) => fingerprint)).size === 1;
}
