// SPDX-License-Identifier: Apache-2.0
import { designReport } from '@countersign/analysis';
import { parseStrictJson } from '@countersign/kernel';
import { type ParameterSource, type RunResult, toRecordJson } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { datasetOf, unavailable } from './development-table.ts';
import type { TestGround } from './evaluate-development.ts';
import { type ReportPlace, reportContent } from './measurement-content.ts';
import type { TestDraft } from './record-tests.ts';
import { outputOf, type VersionFacts } from './version-facts.ts';

/** The report's kind: the gate's `performance` judges every robustness-test, so a broken constraint fails it. */
export const DESIGN_KIND = 'design';

/**
 * The declared design held against the artefact. Undefined where no constraint has a check: what is stated in words alone
 * stands in the specification.
 */
export async function designDraft(
  context: Pick<ServerContext, 'blobs'>,
  { facts, development, scorer }: Pick<TestGround, 'facts' | 'development' | 'scorer'>,
  place: ReportPlace,
): Promise<TestDraft | undefined> {
  const constraints = facts.file.design?.constraints ?? [];
  if (!constraints.some(({ check }) => check !== undefined)) return undefined;
  const { scorer: kind, entry } = facts.manifest;
  const model = facts.manifest.files.find(({ path }) => path === entry);
  const isGraph = kind === 'onnx' && model !== undefined;
  const files = await parameterFiles(context, facts);
  const report = await designReport(development.table, scorer, {
    constraints,
    model: isGraph ? await context.blobs.get(model.digest) : undefined,
    id: datasetOf(facts, development.name).roles?.id,
    sources: sourcesOf(facts),
    readable: readableColumns(facts.result),
    parameters: (file) =>
      file === undefined
        ? otherParameters(facts.result)
        : files.filter(({ name }) => name === file),
  });
  return { type: 'robustness-test', kind: DESIGN_KIND, content: reportContent(report, place) };
}

/** Columns that each input comes from, as the measured catalogue says; the input itself without one. */
function sourcesOf({ result, scorerSpec }: VersionFacts): ReadonlyMap<string, readonly string[]> {
  const names = scorerSpec.inputs.flatMap(({ name, columns }) => columns ?? [name]);
  const lineage = new Map(
    (result.featureCatalogue?.inputs ?? []).map((entry) => [
      entry.input,
      entry.lineage.map(({ column }) => column),
    ]),
  );
  return new Map(names.map((name) => [name, lineage.get(name) ?? [name]]));
}

/** Columns of the datasets that the artefact's step read, less those withheld from steps. */
function readableColumns(result: RunResult): readonly string[] {
  const step = result.steps.find(({ name }) => name === result.artifact?.step);
  const datasets = (step?.inputs ?? []).flatMap(({ from }) =>
    'dataset' in from ? [from.dataset] : [],
  );
  return result.snapshots
    .filter(({ dataset }) => datasets.includes(dataset))
    .flatMap(({ columns }) => columns)
    .flatMap(({ name, withheld }) => (withheld === null ? [name] : []));
}

/** JSON files of the run that a constraint names. */
async function parameterFiles(
  context: Pick<ServerContext, 'blobs'>,
  facts: VersionFacts,
): Promise<readonly ParameterSource[]> {
  const named = (facts.file.design?.constraints ?? []).flatMap(({ check }) =>
    check !== undefined && 'regularisation' in check ? [check.regularisation.file] : [],
  );
  const sources: ParameterSource[] = [];
  for (const file of new Set(named)) {
    if (file === undefined) continue;
    const output = outputOf(facts.result, file);
    if (output === undefined) throw unavailable(`the run left no \`${file}\` behind`);
    const text = new TextDecoder().decode(await context.blobs.get(output.digest));
    sources.push({ name: file, values: toRecordJson(parseStrictJson(text)) });
  }
  return sources;
}

/** The params of the step that wrote the artefact, and what its searches took. */
function otherParameters(result: RunResult): readonly ParameterSource[] {
  const step = result.steps.find(({ name }) => name === result.artifact?.step);
  const taken = (result.searches ?? []).flatMap(({ file, trials, chosen }) => {
    const trial = trials.find(({ number }) => number === chosen);
    return trial === undefined
      ? []
      : [{ name: `trial ${trial.number} of ${file}`, values: trial.params }];
  });
  const given = step === undefined ? [] : [{ name: `params of ${step.name}`, values: step.params }];
  return [...given, ...taken];
}
