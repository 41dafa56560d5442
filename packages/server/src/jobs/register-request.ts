// SPDX-License-Identifier: Apache-2.0
import { type Json, readLocations } from '@countersign/kernel';
import {
  artifactSection,
  commandProblem,
  type Decision,
  decisionSection,
  type PipelineFile,
  pipelineFileSchema,
  readYamlText,
} from '@countersign/pipeline';
import { z } from 'zod';
import type { ServerError } from '../errors.ts';
import { refused } from './run-request.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const SCORERS = ['onnx', 'command', 'remote'] as const;
/** As many as the list of them fits a record of 1 MiB. */
const FILES_MAX = 4000;

const path = z
  .string()
  .min(1)
  .max(255)
  .refine(
    (text) =>
      !text.startsWith('/') && !text.split('/').some((part) => ['', '.', '..'].includes(part)),
    'expected a relative path such as `model/score.pmml`, without `..`',
  );

const shared = {
  files: z
    .array(z.strictObject({ path, digest, size: z.int().nonnegative() }))
    .min(1, 'expected a file')
    .max(FILES_MAX),
  /** The file that is scored with, or the document that names an external model; the first one unless given. */
  entry: path.optional(),
  vendor: z.string().min(1).max(300).optional(),
  /** What is scored with it and how it decides, as YAML: digest of the blob. */
  spec: digest.optional(),
};

const params = z.discriminatedUnion('origin', [
  z.strictObject({ origin: z.literal('imported'), ...shared }),
  z.strictObject({
    origin: z.literal('external'),
    ...shared,
    location: z.json(),
  }),
]);

export type Registration = z.output<typeof params>;

/**
 * What a signed request asks to register: a version that no run of ours made. @throws ServerError `job_request_refused`
 */
export function readRegistration(json: Json): Registration {
  const parsed = params.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = ['params', ...(issue?.path ?? [])].map(String).join('.');
    throw refused(`\`${field}\`: ${issue?.message ?? 'is malformed'}`, { field });
  }
  const { files, entry } = parsed.data;
  const paths = files.map((file) => file.path);
  const twice = namedTwice(paths);
  if (twice !== undefined) throw refused(`\`${twice}\` is named twice`, { field: 'params.files' });
  if (entry !== undefined && !paths.includes(entry))
    throw refused(`\`${entry}\` is none of the files`, { field: 'params.entry' });
  if (parsed.data.origin === 'external')
    readLocations(parsed.data.location as Json, 'params.location');
  return parsed.data;
}

/** Also where case or Unicode form is all that differs: some file systems take such names for one. */
function namedTwice(paths: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return paths.find((one) => {
    const key = one.normalize('NFC').toLowerCase();
    const isSeen = seen.has(key);
    seen.add(key);
    return isSeen;
  });
}

const { design, monitoring } = pipelineFileSchema.shape;

/** The sections of a pipeline file that say what is served; of a model that no pipeline builds, they are all there is. */
const registeredSpec = z.strictObject({
  artifact: artifactSection.extend({ scorer: z.enum(SCORERS) }),
  decision: decisionSection,
  design,
  monitoring,
});

export interface RegisteredSpec {
  readonly artifact: z.output<typeof registeredSpec>['artifact'];
  readonly decision: Decision;
  readonly file: Pick<PipelineFile, 'design' | 'monitoring'>;
}

/** @throws ServerError `job_request_refused` with the line */
export function readRegisteredSpec(text: string): RegisteredSpec {
  const read = readYamlText(text, { aliasesMax: 0 });
  if (!read.ok) {
    const [problem] = read.problems;
    throw specRefused(problem?.line ?? 1, problem?.message ?? 'is not YAML');
  }
  const parsed = registeredSpec.safeParse(read.text.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path ?? [];
    const field = place.map(String).join('.');
    throw specRefused(read.text.lineOf(place), `\`${field}\` ${issue?.message ?? 'is malformed'}`);
  }
  const { artifact, decision, ...file } = parsed.data;
  const problem = commandProblem(artifact);
  if (problem !== undefined) {
    const place = ['artifact', ...problem.path];
    throw specRefused(read.text.lineOf(place), `\`${place.join('.')}\` ${problem.message}`);
  }
  return { artifact, decision, file };
}

function specRefused(line: number, problem: string): ServerError {
  return refused(`the specification, line ${line}: ${problem}`, { line });
}
