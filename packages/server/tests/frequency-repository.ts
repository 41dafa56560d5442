// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CommittedRepository, random } from './scorecard-repository.ts';

const run = promisify(execFile);

const PIPELINE = `
model: scorecard
use: underwriting
data:
  applications:
    from: { path: policies.csv }
    source: { system: generated, owner: tests, as_of: 2026-01-31, control_totals: { rows: 3000 } }
    population: { represents: "Drawn numbers, nobody" }
    roles:
      label: claims
      id: row_id
      unit: holder
      protected:
        - { name: sex, column: sex, reference: m }
    columns:
      power: { means: Power of the engine in kW, justification: heavier damage }
      age: { means: Age of the driver, justification: experience }
    splits:
      seed: 7
      development: { fraction: 0.6 }
      holdout: { fraction: 0.4, sealed: true }
steps:
  train:
    run: sh train.sh
    inputs: [applications.development]
    outputs: [model.onnx, oof.csv, oof-flat.csv, parity.csv]
artifact:
  scorer: onnx
  file: model.onnx
  inputs:
    - { name: power, type: f32, min: 0, max: 300 }
    - { name: age, type: f32, min: 0, max: 120 }
  output: rate
decision:
  score: claims per policy year
  cutoff: 1.5
  adverse: refer
  favourable: quote
  fallback: { kind: manual-queue, detail: "an underwriter decides" }
testing:
  task: estimate
  predictions: { file: oof.csv, id: row_id, score: rate }
  metrics: { spearman: { min: 0.1 } }
  segments: [{ column: sex }]
  sensitivity: { inputs: all, shift: 1 }
  insurance:
    family: poisson
    exposure: years
    limits: { actual_expected_ratio: { min: 0.8, max: 1.25 } }
    price:
      column: premium
      why: Premium may differ by expected loss alone.
      limits: { price_to_loss_ratio: { min: 0.9, max: 1.1 } }
`;

// The formula that frequency.onnx holds, in awk's own arithmetic.
const TRAIN = `set -e
rows=applications.development.csv
cp frequency.onnx model.onnx
head -1 $rows | grep -q '^row_id,power,age,' || { head -1 $rows >&2; exit 1; }
awk -F, 'NR==1{print "row_id,rate";next}{printf "%s,%.17g\\n",$1,exp(0.02*$2-0.02*$3-0.2)}' $rows > oof.csv
awk -F, 'NR==1{print "row_id,rate";next}{printf "%s,0.9\\n",$1}' $rows > oof-flat.csv
awk -F, 'NR==1{print "case,kind,power,age,rate";next}NR<=51{printf "%d,development,%s,%s,%.17g\\n",NR-1,$2,$3,exp(0.02*$2-0.02*$3-0.2)}' $rows > parity.csv
`;

/** A committed repository of a claim frequency, a number above 0; the same seed gives the same rows. */
export async function frequencyRepository(
  directory: string,
  author: { readonly name: string; readonly email: string },
): Promise<CommittedRepository> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'countersign.yaml'), PIPELINE);
  await writeFile(join(directory, 'train.sh'), TRAIN);
  await writeFile(join(directory, 'policies.csv'), policies(20261123));
  const model = join(import.meta.dirname, 'fixtures/frequency.onnx');
  await copyFile(model, join(directory, 'frequency.onnx'));
  const identity = ['-c', `user.name=${author.name}`, '-c', `user.email=${author.email}`];
  const git = (...args: readonly string[]) => run('git', ['-C', directory, ...identity, ...args]);
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'frequency: first version');
  const { stdout } = await git('rev-parse', 'HEAD');
  const file = join(directory, '..', `${stdout.trim()}.bundle`);
  await git('bundle', 'create', '--quiet', file, 'HEAD');
  const bundle = await readFile(file);
  await rm(file);
  return { directory, commit: stdout.trim(), bundle };
}

/** 3000 policy years of 1500 holders; claims come at the model's own rate, women pay a quarter more at the same one. */
function policies(seed: number): string {
  const draw = random(seed);
  const rows = Array.from({ length: 3000 }, (_, index) => {
    const power = Math.round(40 + draw() * 110);
    const age = Math.round(20 + draw() * 50);
    const years = Math.round((0.3 + 0.7 * draw()) * 100) / 100;
    const rate = Math.exp(0.02 * power - 0.02 * age - 0.2);
    const sex = draw() < 0.4 ? 'f' : 'm';
    const premium = Math.round(
      rate * years * 300 * (sex === 'f' ? 1.25 : 1) * (0.95 + 0.1 * draw()),
    );
    const claims = poisson(rate * years, draw);
    return [index + 1, power, age, years, sex, premium, Math.floor(index / 2), claims].join(',');
  });
  return `row_id,power,age,years,sex,premium,holder,claims\n${rows.join('\n')}\n`;
}

/** Knuth's product method (1969); the means here are below 15. */
function poisson(mean: number, draw: () => number): number {
  let [count, product] = [0, draw()];
  while (product > Math.exp(-mean)) {
    count += 1;
    product *= draw();
  }
  return count;
}
