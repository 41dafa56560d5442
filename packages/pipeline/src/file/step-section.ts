// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { nameText, relativePath } from './common-values.ts';
import { decimalValue } from './decimal-value.ts';

/**
 * What a step reads. Text is a file that an earlier step wrote, or `dataset.split` (mounted as `dataset.split.csv`),
 * or a `dataset` without splits (mounted as `dataset.csv`). The object forms mount under another name.
 */
const stepInput = z.union([
  z.string().min(1).max(255),
  z.strictObject({
    data: nameText,
    split: nameText.optional(),
    as: relativePath.optional(),
  }),
  z.strictObject({ file: relativePath, as: relativePath.optional() }),
]);

export const step = z.strictObject({
  run: z.string().trim().min(1).max(4000),
  network: z.boolean().optional(),
  inputs: z.array(stepInput).max(100).optional(),
  outputs: z.array(relativePath).min(1).max(100),
  /** Given to the step as `params.json` in its working directory. */
  params: z.record(z.string().min(1).max(100), z.json()).optional(),
  timeout_s: z.number().int().min(1).max(86_400).optional(),
  memory_mb: z.number().int().min(64).max(1_048_576).optional(),
  /** Share of the machine's cores that steps side by side are counted with; its threads, or one, unless given. */
  cores: z.number().int().min(1).max(1024).optional(),
  /** Threads of numerical libraries, whatever machine it runs on; its cores, or one, unless given. */
  threads: z.number().int().min(1).max(1024).optional(),
  /** The only files and directories of the commit that the step is shown; all of them unless given. */
  code: z.array(relativePath).max(100).optional(),
  /** Whether an earlier result of the very same step may stand for it: `true` unless given, for a step with network `false`. */
  cache: z.boolean().optional(),
});

const modelInput = z.strictObject({
  name: z.string().min(1).max(200),
  type: z.enum(['f32', 'f64', 'i64', 'string', 'bool']),
  /** Columns that fill this tensor in order; without it, the column named like the input. */
  columns: z.array(z.string().min(1)).min(1).max(10_000).optional(),
  min: decimalValue.optional(),
  max: decimalValue.optional(),
  allowed: z.array(z.string()).max(1000).optional(),
});

/** A program or library of the machine, with the arguments that it is asked for its version with. */
export const hostProgram = z.union([
  z.string().min(1).max(255),
  z.strictObject({
    program: z.string().min(1).max(255),
    version: z.array(z.string().min(1).max(200)).min(1).max(10).optional(),
  }),
]);

/** How a scorer that is a program is started, in the directory of the artefact's files. */
const command = z.strictObject({
  run: z.array(z.string().min(1).max(1000)).min(1).max(100),
  environment: z.union([
    z.strictObject({ python: relativePath }),
    z.strictObject({ host: z.array(hostProgram).min(1).max(20) }),
  ]),
  workers: z.number().int().min(1).max(64).optional(),
  timeout_ms: z.number().int().min(1).max(3_600_000).optional(),
  start_ms: z.number().int().min(1).max(3_600_000).optional(),
  memory_mb: z.number().int().min(64).max(1_048_576).optional(),
});

export const artifact = z.strictObject({
  scorer: z.enum(['onnx', 'command']),
  file: relativePath,
  /** Of a `command`: what it needs beside `file`, such as the program itself. */
  files: z.array(relativePath).max(500).optional(),
  command: command.optional(),
  inputs: z.array(modelInput).min(1).max(10_000),
  /** The tensor that holds the score; `index` picks a column of it, such as 1 of [P(0), P(1)]. */
  output: z.union([
    z
      .string()
      .min(1)
      .transform((name) => ({ name, index: 0 })),
    z.strictObject({ name: z.string().min(1), index: z.number().int().min(0).max(10_000) }),
  ]),
  reasons: relativePath.optional(),
});

const fallbackDetail = z.string().min(1).max(1000).optional();
const answerName = z.string().min(1).max(100);

/** What answers while the version's warrant does not hold. */
const fallback = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['refuse', 'manual-queue', 'previous-version']),
    detail: fallbackDetail,
  }),
  /** One fixed answer. */
  z.strictObject({ kind: z.literal('safe-state'), answer: answerName, detail: fallbackDetail }),
  /** One cutoff on one declared numeric input. */
  z.strictObject({
    kind: z.literal('rule'),
    rule: z.strictObject({
      input: z.string().min(1).max(200),
      op: z.enum(['>=', '>', '<=', '<']),
      value: decimalValue,
      answer: answerName,
      otherwise: answerName,
    }),
    detail: fallbackDetail,
  }),
]);

export const decision = z.strictObject({
  score: z.string().min(1).max(200),
  cutoff: decimalValue,
  adverse: z.string().min(1).max(100),
  favourable: z.string().min(1).max(100).optional(),
  /** On which side of the cutoff the decision is adverse; `at-or-above` unless told otherwise. */
  adverse_when: z.enum(['at-or-above', 'above', 'below', 'at-or-below']).optional(),
  reasons: z
    .strictObject({ count: z.number().int().min(1).max(10), method: z.string().min(1).max(500) })
    .optional(),
  fallback: fallback.optional(),
  why: z.string().min(1).max(4000).optional(),
});

export type Step = z.output<typeof step>;
export type StepInput = z.output<typeof stepInput>;
export type Artifact = z.output<typeof artifact>;
export type CommandSection = z.output<typeof command>;

/** What is wrong with the way an artefact says that it is started, at its path; undefined when nothing is. */
export function commandProblem(served: {
  readonly scorer: string;
  readonly file: string;
  readonly files?: readonly string[] | undefined;
  readonly command?: CommandSection | undefined;
}): { readonly path: readonly string[]; readonly message: string } | undefined {
  if (served.scorer !== 'command') {
    const extra = (['command', 'files'] as const).find((name) => served[name] !== undefined);
    return extra === undefined
      ? undefined
      : { path: [extra], message: 'expected with `scorer: command` alone' };
  }
  if (served.command === undefined) return undefined;
  const { run, environment } = served.command;
  const [first = ''] = run;
  const own = [served.file, ...(served.files ?? [])].map((file) => `./${file}`);
  const pinned =
    'python' in environment
      ? ['python']
      : environment.host.map((one) => (typeof one === 'string' ? one : one.program));
  if ([...own, ...pinned].includes(first)) return undefined;
  const expected = [...pinned, ...own].slice(0, 10).join(', ');
  return {
    path: ['command', 'run'],
    message: `expected to start with what is recorded, one of ${expected}`,
  };
}
export type Decision = z.output<typeof decision>;
