// SPDX-License-Identifier: Apache-2.0
import { PipelineError, type PipelineErrorCode } from '../errors.ts';
import type { Dataset } from './data-section.ts';
import { externalExtension, isExternal } from './origin-section.ts';
import type { PipelineDocument } from './parse-pipeline-file.ts';
import { splitParts } from './split-parts.ts';
import type { Step, StepInput } from './step-section.ts';
import type { TestingPlan } from './testing/testing-section.ts';

/** An input after its name has been understood; `as` is where it appears in the step's working directory. */
export type PlannedInput =
  | { readonly kind: 'file'; readonly file: string; readonly step: string; readonly as: string }
  | {
      readonly kind: 'dataset';
      readonly dataset: string;
      readonly split: string;
      readonly as: string;
    };

export interface PlannedStep {
  readonly name: string;
  readonly step: Step;
  readonly inputs: readonly PlannedInput[];
  /** Names of the steps that must have ended before this one starts. */
  readonly after: readonly string[];
}

/** The split name of a dataset that declares none. */
export const WHOLE_SPLIT = 'all';

interface Context {
  readonly document: PipelineDocument;
  readonly steps: Readonly<Record<string, Step>>;
  readonly data: Readonly<Record<string, Dataset>>;
  readonly writers: ReadonlyMap<string, string>;
}

/**
 * Orders the steps so that each comes after what it reads; steps that are free to go keep the order of the file.
 * Throws PipelineError `output_duplicate`, `step_input_missing`, `sealed_input` or `step_cycle`, naming file and line.
 */
export function planSteps(document: PipelineDocument): readonly PlannedStep[] {
  const { steps, data = {} } = document.file;
  const context: Context = { document, steps, data, writers: outputWriters(document) };
  checkDatasetOrigins(context);
  checkNamedFiles(context);
  const planned = Object.entries(steps).map(([name, step]) => planStep(context, name, step));
  const ordered = sortByNeed(context, planned);
  checkUpstreamIsolation(context, ordered);
  return ordered;
}

/** The file of a step's output that a dataset is made of; undefined when it is a file of the checkout. */
export function datasetFile(
  steps: Readonly<Record<string, Step>>,
  dataset: Dataset,
): string | undefined {
  if (!('step' in dataset.from)) return undefined;
  return dataset.from.file ?? steps[dataset.from.step]?.outputs[0];
}

function fail(
  context: Pick<Context, 'document'>,
  code: PipelineErrorCode,
  path: readonly PropertyKey[],
  message: string,
): never {
  const line = context.document.lineOf(path);
  const where = path.map(String).join('.');
  throw new PipelineError(code, `${context.document.name}:${line}: \`${where}\`: ${message}`, {
    details: { file: context.document.name, line, path: where },
  });
}

function outputWriters(document: PipelineDocument): ReadonlyMap<string, string> {
  const writers = new Map<string, string>();
  for (const [name, step] of Object.entries(document.file.steps)) {
    step.outputs.forEach((file, index) => {
      const other = writers.get(file);
      const path = ['steps', name, 'outputs', index];
      if (other !== undefined) {
        fail(
          { document },
          'output_duplicate',
          path,
          `\`${file}\` is already written by \`${other}\``,
        );
      }
      writers.set(file, name);
    });
  }
  return writers;
}

function checkDatasetOrigins(context: Context): void {
  for (const [name, dataset] of Object.entries(context.data)) {
    if (!('step' in dataset.from)) continue;
    const path = ['data', name, 'from'];
    const step = context.steps[dataset.from.step];
    if (step === undefined) {
      fail(context, 'step_input_missing', path, `there is no step \`${dataset.from.step}\``);
    }
    if (dataset.from.file === undefined && step.outputs.length > 1) {
      fail(
        context,
        'step_input_missing',
        path,
        'the step writes several files; name one as `file`',
      );
    }
    const file = datasetFile(context.steps, dataset);
    if (file === undefined || !step.outputs.includes(file)) {
      fail(context, 'step_input_missing', path, `the step does not declare the output \`${file}\``);
    }
  }
}

type NamedFile = readonly [path: readonly PropertyKey[], file: string | undefined];

/** Files that later stations read must be written by a step, or the run would end without them. */
function checkNamedFiles(context: Context): void {
  const { artifact, testing } = context.document.file;
  const named: readonly NamedFile[] = [
    [['artifact', 'file'], artifact?.file],
    [['artifact', 'reasons'], artifact?.reasons],
    ...(artifact?.files ?? []).map(
      (file, index): NamedFile => [['artifact', 'files', index], file],
    ),
    [['testing', 'predictions'], testing?.predictions?.file],
    [['testing', 'backtest', 'predictions'], rollingFile(testing?.backtest)],
  ];
  for (const [path, file] of named) {
    if (file !== undefined && !context.writers.has(file)) {
      fail(context, 'step_input_missing', path, `no step declares the output \`${file}\``);
    }
  }
}

function rollingFile(backtest: TestingPlan['backtest']): string | undefined {
  return backtest === undefined || 'gap' in backtest ? undefined : backtest.predictions?.file;
}

function planStep(context: Context, name: string, step: Step): PlannedStep {
  const inputs = (step.inputs ?? []).map((input, index) =>
    resolveInput(context, ['steps', name, 'inputs', index], input),
  );
  const taken = new Set<string>([...step.outputs, 'params.json']);
  inputs.forEach((input, index) => {
    const path = ['steps', name, 'inputs', index];
    if (taken.has(input.as)) {
      fail(
        context,
        'output_duplicate',
        path,
        `\`${input.as}\` is already the name of another file here`,
      );
    }
    taken.add(input.as);
  });
  const after = inputs.flatMap((input) => writersOf(context, input));
  return { name, step, inputs, after: [...new Set(after)] };
}

function writersOf(context: Context, input: PlannedInput): readonly string[] {
  if (input.kind === 'file') return [input.step];
  const origin = context.data[input.dataset]?.from;
  return origin !== undefined && 'step' in origin ? [origin.step] : [];
}

function resolveInput(
  context: Context,
  path: readonly PropertyKey[],
  input: StepInput,
): PlannedInput {
  if (typeof input !== 'string') {
    return 'file' in input
      ? fileInput(context, path, { file: input.file, as: input.as })
      : datasetInput(context, path, { dataset: input.data, split: input.split, as: input.as });
  }
  const [head = '', ...rest] = input.split('.');
  const dataset = context.data[head];
  const split = rest.join('.');
  if (context.data[input] !== undefined) {
    return datasetInput(context, path, { dataset: input, split: undefined, as: undefined });
  }
  if (dataset !== undefined && !context.writers.has(input)) {
    return datasetInput(context, path, { dataset: head, split, as: undefined });
  }
  return fileInput(context, path, { file: input, as: undefined });
}

function fileInput(
  context: Context,
  path: readonly PropertyKey[],
  wanted: { readonly file: string; readonly as: string | undefined },
): PlannedInput {
  const step = context.writers.get(wanted.file);
  if (step === undefined) {
    fail(
      context,
      'step_input_missing',
      path,
      `no step writes \`${wanted.file}\` and no dataset is called so; files of the commit need no mention`,
    );
  }
  return { kind: 'file', file: wanted.file, step, as: wanted.as ?? wanted.file };
}

function datasetInput(
  context: Context,
  path: readonly PropertyKey[],
  wanted: {
    readonly dataset: string;
    readonly split: string | undefined;
    readonly as: string | undefined;
  },
): PlannedInput {
  const dataset = context.data[wanted.dataset];
  if (dataset === undefined) {
    fail(context, 'step_input_missing', path, `there is no dataset \`${wanted.dataset}\``);
  }
  const parts = splitParts(dataset);
  const split = wanted.split ?? (parts.length === 0 ? WHOLE_SPLIT : undefined);
  const names = parts.map((part) => `\`${wanted.dataset}.${part.name}\``).join(', ');
  if (split === undefined) {
    fail(context, 'sealed_input', path, `the dataset is split; name one of ${names}`);
  }
  const part = parts.find(({ name }) => name === split);
  if (part === undefined && split !== WHOLE_SPLIT) {
    fail(context, 'step_input_missing', path, `there is no split \`${split}\`; there are ${names}`);
  }
  if (part !== undefined && part.access !== 'steps') {
    const why = part.access === 'sealed' ? 'sealed' : 'kept for serving';
    fail(
      context,
      'sealed_input',
      path,
      `the split \`${split}\` is ${why} and mounted into no step`,
    );
  }
  const extension = fileExtension(context, dataset);
  const plain = parts.length === 0 ? wanted.dataset : `${wanted.dataset}.${split}`;
  return { kind: 'dataset', dataset: wanted.dataset, split, as: wanted.as ?? plain + extension };
}

function fileExtension(context: Context, dataset: Dataset): string {
  if (isExternal(dataset.from)) return externalExtension(dataset.from);
  const file = 'path' in dataset.from ? dataset.from.path : datasetFile(context.steps, dataset);
  return /\.[a-z0-9]+$/.exec(file ?? '')?.[0] ?? '';
}

/** Kahn's algorithm; what is left when no step is free to go lies on a cycle or behind one. */
function sortByNeed(context: Context, planned: readonly PlannedStep[]): readonly PlannedStep[] {
  const done = new Set<string>();
  const ordered: PlannedStep[] = [];
  let waiting = planned;
  while (waiting.length > 0) {
    const next = waiting.find((step) => step.after.every((name) => done.has(name)));
    if (next === undefined) {
      const names = waiting.map((step) => `\`${step.name}\``).join(', ');
      fail(
        context,
        'step_cycle',
        ['steps', waiting[0]?.name ?? ''],
        `waits for itself, among ${names}`,
      );
    }
    ordered.push(next);
    done.add(next.name);
    waiting = waiting.filter((step) => step !== next);
  }
  return ordered;
}

/**
 * A dataset with sealed, served or withheld parts is worth nothing when a step can read the file it was cut from, or
 * a file that one was made of: those are for the steps before the snapshot alone.
 */
function checkUpstreamIsolation(context: Context, ordered: readonly PlannedStep[]): void {
  for (const [name, dataset] of Object.entries(context.data)) {
    if (!('step' in dataset.from) || !isRestricted(dataset)) continue;
    const upstream = withAncestors(ordered, dataset.from.step);
    for (const step of ordered) {
      if (upstream.has(step.name)) continue;
      const index = step.inputs.findIndex(
        (input) => input.kind === 'file' && upstream.has(input.step),
      );
      if (index < 0) continue;
      const path = ['steps', step.name, 'inputs', index];
      fail(
        context,
        'sealed_input',
        path,
        `the file lies before the snapshot of \`${name}\`; read a split of it`,
      );
    }
  }
}

export function isRestricted(dataset: Dataset): boolean {
  return splitParts(dataset).length > 0 || (dataset.exclusions ?? []).length > 0;
}

function withAncestors(ordered: readonly PlannedStep[], name: string): ReadonlySet<string> {
  const found = new Set([name]);
  for (const step of ordered.toReversed()) {
    if (found.has(step.name)) for (const before of step.after) found.add(before);
  }
  return found;
}
