// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { measurePlanSchema } from '@countersign/pipeline';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { measureTable } from '../measure/measured-table.ts';
import { describeEvaluation } from '../output/describe-evaluation.ts';
import { parseYamlText, readTextFile, readYaml } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';

const DRAFT =
  'a draft: measured here, from files that nobody recorded; no gate counts it and nothing was sent';

export const measure: Command = {
  name: 'measure',
  summary:
    'measure a plan on any scored table of this machine, offline; a draft that no gate counts',
  description:
    'The plan is one YAML file: `roles` (score, label, positive, weight, unit, protected, …), `cutoff` and `adverse_when`, `columns` with types where the file tells none, `model` (inputs and output) where --model scores the rows, and `testing` as a pipeline file holds it. The table is CSV or Parquet.',
  example: 'countersign measure --data scored.parquet --plan plan.yaml --out report.json',
  options: [
    { flags: '--data FILE', summary: 'the table: CSV or Parquet', isRequired: true },
    { flags: '--plan FILE', summary: 'roles, cutoff and `testing` in YAML', isRequired: true },
    { flags: '--model FILE', summary: 'an ONNX model that scores the rows one by one' },
    { flags: '--out FILE', summary: 'the whole report as JSON' },
  ],
  run: runMeasure,
};

async function runMeasure(input: Input, session: Session): Promise<Outcome> {
  const planFile = input.text('plan');
  const dataFile = input.text('data');
  const model = input.optionalText('model');
  const yaml = parseYamlText(planFile, readTextFile(session.cwd, planFile));
  const plan = readYaml(yaml, measurePlanSchema);
  const at = (file: string) => resolve(session.cwd, file);
  const measured = await measureTable(
    plan,
    { data: at(dataFile), model: model === undefined ? undefined : at(model) },
    (text) => session.progress(text),
  );
  const { evaluation, digest, rows } = measured;
  const result = { draft: true, note: DRAFT, data: { file: dataFile, digest, rows }, evaluation };
  const out = input.optionalText('out');
  if (out !== undefined) await writeReport(at(out), result);
  return done(
    result,
    `draft of ${dataFile}: ${evaluation.verdict}`,
    '',
    ...describeEvaluation(evaluation),
    '',
    DRAFT,
    ...(out === undefined ? [] : [`wrote ${out}`]),
  );
}

async function writeReport(path: string, result: unknown): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
  } catch (cause) {
    throw new CliError('refused', `\`${path}\` cannot be written; check the folder`, { cause });
  }
}
