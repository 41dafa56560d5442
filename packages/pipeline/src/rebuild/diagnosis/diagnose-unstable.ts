// SPDX-License-Identifier: Apache-2.0
import { compareFiles } from '../divergence/compare-files.ts';
import type { DifferenceNature } from '../divergence/divergence.ts';
import type { DiagnosisGround, Findings } from './diagnosis-ground.ts';
import type { DivergenceCause, LikelyCause } from './likely-cause.ts';
import { allPins, type PinName, type Pins, withoutPin } from './pins.ts';
import { agree, type Rerun } from './rerun-step.ts';

/** The order of testing; a step of another language may be reached by some only. */
const RELEASES: readonly PinName[] = ['entropy', 'time', 'order', 'threads'];

const CAUSE_OF: Readonly<Record<PinName, DivergenceCause>> = {
  entropy: 'seed',
  time: 'timestamp',
  order: 'dictionary-order',
  threads: 'threads',
};

const SOURCE: Readonly<Record<PinName, string>> = {
  entropy: 'random bytes of the system',
  time: 'the clock',
  order: 'memory addresses, directory order and hash seed',
  threads: 'the number of threads',
};

const HOUR_MS = 3_600_000;

/**
 * A step whose reruns disagree with each other: everything is pinned, and then one thing at a time is let go. What
 * brings the disagreement back is a cause.
 */
export async function diagnoseUnstable(at: DiagnosisGround): Promise<Findings> {
  const pinned = allPins(at.recorded.startedAt);
  const held = await at.reruns.repeat(pinned, 2);
  const isHeld = agree(held);
  if (isHeld !== true) return nothingHolds(isHeld);
  const causes: LikelyCause[] = [];
  const excluded: Findings['excluded'][number][] = [];
  const untested: Findings['untested'][number][] = [
    ...MACHINE.map((cause) => ({
      cause,
      why: 'reruns in one environment on one machine disagree, so it need not be asked',
    })),
  ];
  for (const times of [2, 4]) {
    excluded.length = 0;
    for (const name of RELEASES) {
      const released = withoutPin(pinned, name);
      const reruns = await at.reruns.repeat(released, times);
      const isSame = agree(reruns);
      if (isSame === false) causes.push(await causeOf(at, { name, pinned, reruns }));
      else if (isSame === true)
        excluded.push({
          cause: CAUSE_OF[name],
          evidence: `with ${SOURCE[name]} alone let go, ${reruns.length} reruns agree`,
        });
      else
        untested.push({
          cause: CAUSE_OF[name],
          why: 'the budget of reruns was spent, or the step failed so',
        });
    }
    // A race may fall out the same way twice.
    if (causes.length > 0 || at.reruns.isSpent) break;
  }
  const found = new Set(causes.map(({ cause }) => cause));
  return { causes, excluded: excluded.filter(({ cause }) => !found.has(cause)), untested };
}

const MACHINE: readonly DivergenceCause[] = ['instruction-set', 'changed-wheel'];

function nothingHolds(isHeld: boolean | undefined): Findings {
  const why =
    isHeld === false
      ? 'reruns disagree even with clock, random bytes, order and threads pinned: the source is beyond what pins reach'
      : 'the step fails, or takes too long, with clock, random bytes, order and threads pinned';
  const all = RELEASES.map((name) => ({ cause: CAUSE_OF[name], why }));
  return { causes: [], excluded: [], untested: all };
}

interface Released {
  readonly name: PinName;
  readonly pinned: Pins;
  readonly reruns: readonly Rerun[];
}

/** What the released reruns differ in says what the source is used for. */
async function causeOf(at: DiagnosisGround, released: Released): Promise<LikelyCause> {
  const { name } = released;
  const natures = await naturesBetween(at, released.reruns);
  const evidence = `with everything pinned reruns agree; with ${SOURCE[name]} let go they differ (${natures.join(', ')})`;
  if (isOnly(natures, 'names')) {
    return {
      cause: 'name-counter',
      certainty: 'shown',
      evidence: `${evidence}: names are made of it and nothing else differs`,
    };
  }
  if (name === 'time' && !natures.includes('times')) {
    const cause = await clockCause(at, released);
    return {
      cause,
      certainty: 'shown',
      evidence: `${evidence}${cause === 'seed' ? ': an hour later on a pinned clock other numbers come out, none of them a time, so a generator is seeded from it' : ': a time that passes is measured and kept'}`,
    };
  }
  return { cause: CAUSE_OF[name], certainty: 'shown', evidence };
}

function isOnly(natures: readonly DifferenceNature[], wanted: DifferenceNature): boolean {
  const content = natures.filter((nature) => nature !== 'encoding');
  return content.length > 0 && content.every((nature) => nature === wanted);
}

/** On a pinned clock durations stay the same whenever it starts; a seed taken from it does not. */
async function clockCause(
  at: DiagnosisGround,
  { pinned }: Released,
): Promise<'seed' | 'timestamp'> {
  const start = Date.parse(pinned.time ?? at.recorded.startedAt);
  const [now, later] = [
    await at.reruns.run(pinned),
    await at.reruns.run({ ...pinned, time: new Date(start + HOUR_MS).toISOString() }),
  ];
  return now !== undefined && later !== undefined && now.fingerprint !== later.fingerprint
    ? 'seed'
    : 'timestamp';
}

async function naturesBetween(
  at: DiagnosisGround,
  reruns: readonly Rerun[],
): Promise<readonly DifferenceNature[]> {
  const [first] = reruns;
  const other = reruns.find(({ fingerprint }) => fingerprint !== first?.fingerprint);
  if (first === undefined || other === undefined) return [];
  const natures = new Set<DifferenceNature>();
  for (const [file, digest] of first.files) {
    const again = other.files.get(file) ?? null;
    if (digest === again) continue;
    const found = await compareFiles(
      { what: `${at.recorded.name}/${file}`, original: digest, rebuilt: again },
      {
        blobs: at.blobs,
        workDir: at.workDir,
        windows: { original: first.window, rebuilt: other.window },
      },
    );
    for (const nature of found.natures) natures.add(nature);
  }
  return [...natures].toSorted();
}
