// SPDX-License-Identifier: Apache-2.0
import type { DiagnosisGround, Findings } from './diagnosis-ground.ts';
import type { DivergenceCause, LikelyCause } from './likely-cause.ts';
import type { Pins } from './pins.ts';
import { isRecorded } from './recorded-bytes.ts';

interface Attempt {
  readonly what: string;
  readonly pins: Pins;
}

/** Kernels that differ in their arithmetic; OpenBLAS takes any of them when told, if the processor has what they need. */
const CORES = ['Haswell', 'SkylakeX', 'Zen', 'Sandybridge', 'Nehalem', 'Prescott'];
const THREADS = [1, 2, 4, 8, 16];

/**
 * A step that gives one result here and gave another when it was recorded: one thing is varied at a time until the
 * recorded bytes come out. What varies without bringing them is no explanation, and what changes nothing is excluded.
 */
export async function diagnoseStable(at: DiagnosisGround): Promise<Findings> {
  const causes: LikelyCause[] = [];
  const excluded: Findings['excluded'][number][] = [
    {
      cause: 'seed',
      evidence: 'reruns with nothing varied agree, so no number is drawn without a seed',
    },
  ];
  const untested: Findings['untested'][number][] = [];
  const wheels = await testEnvironment(at);
  if (wheels.found !== undefined) causes.push(wheels.found);
  if (wheels.excluded !== undefined) excluded.push(wheels.excluded);
  if (wheels.untested !== undefined) untested.push(wheels.untested);
  for (const [cause, attempts] of variations(at)) {
    if (causes.length > 0) {
      untested.push({ cause, why: 'what was found first explains the recorded bytes' });
      continue;
    }
    const tried = await tryAll(at, cause, attempts);
    if (tried.found !== undefined) causes.push(tried.found);
    else if (tried.isUntouched)
      excluded.push({
        cause,
        evidence: `${tried.count} variations changed nothing: ${attempts.map(({ what }) => what).join(', ')}`,
      });
    else if (tried.count > 0)
      untested.push({
        cause,
        why: `its ${tried.count} variations change the result, and none gives the recorded bytes`,
      });
    else untested.push({ cause, why: 'the budget of reruns was spent, or the step failed so' });
  }
  return { causes, excluded, untested };
}

function variations(
  at: DiagnosisGround,
): readonly (readonly [DivergenceCause, readonly Attempt[]])[] {
  const { startedAt } = at.recorded;
  return [
    [
      'instruction-set',
      [
        ...CORES.map(core),
        {
          what: 'numpy at its baseline',
          pins: { variables: { NPY_DISABLE_CPU_FEATURES: at.numpyLevels } },
        },
      ],
    ],
    ['timestamp', [{ what: `clock at ${startedAt}`, pins: { time: startedAt } }]],
    ['threads', THREADS.map((threads) => ({ what: `${threads} threads`, pins: { threads } }))],
    [
      'dictionary-order',
      ['1', '2'].map((seed) => ({
        what: `PYTHONHASHSEED=${seed}`,
        pins: { variables: { PYTHONHASHSEED: seed } },
      })),
    ],
  ];
}

function core(name: string): Attempt {
  return {
    what: `OPENBLAS_CORETYPE=${name}`,
    pins: {
      variables: {
        OPENBLAS_CORETYPE: name,
        ...(name === 'SkylakeX' ? { NPY_DISABLE_CPU_FEATURES: '' } : {}),
      },
    },
  };
}

async function tryAll(at: DiagnosisGround, cause: DivergenceCause, attempts: readonly Attempt[]) {
  let isUntouched = true;
  let count = 0;
  for (const { what, pins } of attempts) {
    const rerun = await at.reruns.run(pins);
    if (rerun === undefined) continue;
    count += 1;
    if (isRecorded(at, rerun)) {
      const evidence = `reruns as recorded agree with each other and not with the record; with ${what} and nothing else varied the recorded bytes come out`;
      return {
        found: { cause, certainty: 'shown', evidence } satisfies LikelyCause,
        isUntouched: false,
        count,
      };
    }
    if (rerun.fingerprint !== at.baseline) isUntouched = false;
  }
  return { found: undefined, isUntouched: isUntouched && count === attempts.length, count };
}

interface EnvironmentFinding {
  readonly found?: LikelyCause;
  readonly excluded?: Findings['excluded'][number];
  readonly untested?: Findings['untested'][number];
}

async function testEnvironment(at: DiagnosisGround): Promise<EnvironmentFinding> {
  const cause = 'changed-wheel';
  if (at.environment === undefined) {
    return {
      excluded: {
        cause,
        evidence:
          'the step runs without packages, or in an environment laid out anew from the archived ones',
      },
    };
  }
  const { changed, files, wheels } = await at.environment.changes();
  if (changed.length === 0) {
    return {
      excluded: {
        cause,
        evidence: `all ${files} installed files are as in the ${wheels} archived wheels`,
      },
    };
  }
  const named = `${changed.length === 1 ? 'a file is' : 'files are'} not as in the archived wheels: ${changed.slice(0, 3).join(', ')}`;
  const rerun = await at.reruns.run({}, await at.environment.layOutAnew());
  if (rerun !== undefined && isRecorded(at, rerun)) {
    return {
      found: {
        cause,
        certainty: 'shown',
        evidence: `${named}; in an environment laid out anew from them, and nothing else varied, the recorded bytes come out`,
      },
    };
  }
  return {
    untested: {
      cause,
      why: `${named}, but an environment laid out anew does not give the recorded bytes either`,
    },
  };
}
