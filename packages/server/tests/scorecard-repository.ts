// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PIPELINE = `
model: scorecard
use: underwriting
data:
  applications:
    from: { path: applications.csv }
    source: { system: generated, owner: tests, as_of: 2026-01-31, control_totals: { rows: 3000 } }
    population: { represents: "Drawn numbers, nobody" }
    roles:
      label: outcome
      positive: bad
      id: row_id
      protected:
        - { name: region, column: region, reference: north }
    columns:
      burden: { means: Debt over income, justification: ability to pay }
      years: { means: Years at the present address, justification: stability of residence }
    quality:
      - { check: unique, columns: [row_id] }
      - { check: range, column: burden, min: 0, max: 3 }
    splits:
      seed: 7
      stratify: [outcome]
      development: { fraction: 0.5 }
      holdout: { fraction: 0.3, sealed: true }
      stream: { fraction: 0.2 }
features:
  inputs:
    burden: { transform: "as it stands", reason_text: "Your debt in proportion to your income" }
design:
  algorithm: "Logistic score of two numbers, fixed beforehand"
  constraints:
    - what: A heavier burden never lowers the score
      why: A stated reason must be one an applicant can understand
      clause: 12 CFR 1002.9(b)(2)
      check: { monotone: { input: burden, score: increases } }
    - { what: Region is no input, why: it stands close to origin, check: { excluded: [region] } }
steps:
  train:
    run: sh train.sh
    inputs: [applications.development]
    outputs: [model.onnx, oof.csv, oof-burden.csv, parity.csv, parity-edges.csv, reasons.json]
artifact:
  scorer: onnx
  file: model.onnx
  reasons: reasons.json
  inputs:
    - { name: burden, type: f32, min: 0, max: 3 }
    - { name: years, type: f32, min: 0, max: 40 }
  output: score
decision:
  score: probability of a bad loan
  cutoff: 0.5
  adverse: decline
  favourable: approve
  reasons: { count: 2, method: largest contributions }
  fallback: { kind: manual-queue, detail: "a clerk decides" }
testing:
  predictions: { file: oof.csv, id: row_id, score: score }
  metrics: { auc: { min: 0.7 }, brier: { max: 0.2 } }
  segments: [{ column: region }]
  fairness:
    governing: approval_ratio
    why: The decision is approve or decline.
    attributes: [region]
    limits: { approval_ratio: { min: 0.8 } }
  sensitivity: { inputs: all, shift: 1, limits: { flip_share: { max: 0.9 } } }
  backtest: { gap: "the table has no date" }
monitoring:
  reference: applications.development
  window: 30d
  stability: { columns: all, bins: 10, limits: { psi: { max: 0.25 } } }
  outcomes: { limits: { auc: { min: 0.7 } }, events_min: 20 }
  fairness:
    governing: approval_ratio
    why: As tested.
    attributes: [region]
    limits: { approval_ratio: { min: 0.8 } }
  consequences: { stability: [finding, review], outcomes: [finding], fairness: [finding] }
  owner: owner
`;

/** Stands in for training: scores the rows by the formula that scorecard.onnx holds, in awk's own arithmetic. */
const TRAIN = `set -e
rows=applications.development.csv
cp scorecard.onnx model.onnx
cp reasons-table.json reasons.json
awk -F, 'NR==1{print "row_id,score";next}{printf "%s,%.17g\\n",$1,1/(1+exp(-(1.5*$2-0.12*$3-0.8)))}' $rows > oof.csv
awk -F, 'NR==1{print "row_id,score";next}{printf "%s,%.17g\\n",$1,1/(1+exp(-(1.5*$2-3)))}' $rows > oof-burden.csv
awk -F, 'NR==1{print "case,kind,burden,years,score";next}NR<=101{printf "%d,development,%s,%s,%.17g\\n",NR-1,$2,$3,1/(1+exp(-(1.5*$2-0.12*$3-0.8)))}' $rows > parity.csv
printf 'case,kind,burden,years,score\\n1,missing,,10,0.5\\n2,beyond,30,10,0.99\\n' > parity-edges.csv
`;

const REASONS = {
  link: 'logit',
  adverse: 'positive',
  intercept: -0.8,
  features: [
    {
      input: 'burden',
      kind: 'numeric',
      coefficient: 1.5,
      reference: 0,
      missing: 0,
      reason: { code: 'R1', text: 'Burden' },
    },
    {
      input: 'years',
      kind: 'numeric',
      coefficient: -0.12,
      reference: 40,
      missing: 0,
      reason: { code: 'R2', text: 'Few years' },
    },
  ],
};
// The reference of `years` is 40, so the intercept carries its term there.
const INTERCEPT = REASONS.intercept - 0.12 * 40;

export interface CommittedRepository {
  readonly directory: string;
  readonly commit: string;
  readonly bundle: Uint8Array;
}

/** A committed model repository whose pipeline needs a shell and no Python; the same seed gives the same rows. */
export async function scorecardRepository(
  directory: string,
  author: { readonly name: string; readonly email: string },
  pipeline = PIPELINE,
): Promise<CommittedRepository> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'countersign.yaml'), pipeline);
  await writeFile(join(directory, 'train.sh'), TRAIN);
  await writeFile(join(directory, 'applications.csv'), applications(20260122));
  const reasons = { ...REASONS, intercept: INTERCEPT };
  await writeFile(join(directory, 'reasons-table.json'), JSON.stringify(reasons));
  const model = join(import.meta.dirname, 'fixtures/scorecard.onnx');
  await copyFile(model, join(directory, 'scorecard.onnx'));
  const git = (...args: readonly string[]) =>
    run('git', [
      '-C',
      directory,
      '-c',
      `user.name=${author.name}`,
      '-c',
      `user.email=${author.email}`,
      ...args,
    ]);
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'scorecard: first version');
  const { stdout } = await git('rev-parse', 'HEAD');
  const file = join(directory, '..', `${stdout.trim()}.bundle`);
  await git('bundle', 'create', '--quiet', file, 'HEAD');
  const bundle = await readFile(file);
  await rm(file);
  return { directory, commit: stdout.trim(), bundle };
}

export { PIPELINE as SCORECARD_PIPELINE };

/** 3000 rows whose outcome is drawn at the model's own probability, and a region that has nothing to do with it. */
function applications(seed: number): string {
  const draw = random(seed);
  const rows = Array.from({ length: 3000 }, (_, index) => {
    const burden = Math.round(draw() * 3000) / 1000;
    const years = Math.round(draw() * 400) / 10;
    const score = 1 / (1 + Math.exp(-(1.5 * burden - 0.12 * years - 0.8)));
    const outcome = draw() < score ? 'bad' : 'good';
    const region = draw() < 0.5 ? 'north' : 'south';
    return `${index + 1},${burden},${years},${region},${outcome}`;
  });
  return `row_id,burden,years,region,outcome\n${rows.join('\n')}\n`;
}

/** Park and Miller's minimal standard generator (1988). */
export function random(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
