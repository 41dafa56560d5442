// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PipelineError } from '../errors.ts';
import type { DvcOrigin } from '../file/origin-section.ts';
import { readYamlText } from '../file/yaml-text.ts';
import type { ExtractRequest } from './extracted.ts';

/** What a project says of one output: DVC's claim, which is checked and then not relied on. */
export interface DvcClaim {
  /** As DVC's file names it. */
  readonly output: string;
  /** 32 hex digits; of a directory, those of the list of its files. */
  readonly md5: string;
  readonly isDirectory: boolean;
  /**
   * Written by DVC before 3.0: such a cache has another layout, and of text its MD5 is taken after CR LF became LF.
   */
  readonly isLegacy: boolean;
  /** The one file that is wanted of a directory, below it; null for the output itself. */
  readonly within: string | null;
}

const out = z.looseObject({
  path: z.string().min(1),
  md5: z
    .string()
    .regex(/^[0-9a-f]{32}(?:\.dir)?$/)
    .optional(),
  hash: z.string().optional(),
});
const dvcFile = z.looseObject({ outs: z.array(out).min(1) });
const lockFile = z.looseObject({
  stages: z.record(z.string(), z.looseObject({ outs: z.array(out).optional() })),
});

/** Reads a `.dvc` file or `dvc.lock` of the commit. Throws PipelineError `file_missing` or `source_unsupported`. */
export async function readDvcClaim(
  { checkout, locate }: Pick<ExtractRequest, 'checkout' | 'locate'>,
  from: DvcOrigin,
): Promise<DvcClaim> {
  const text = await readFile(join(checkout, from.dvc), 'utf8').catch(() => {
    const message = `${locate(['from', 'dvc'])}: the commit has no file \`${from.dvc}\`; add it with git`;
    throw new PipelineError('file_missing', message, { details: { file: from.dvc } });
  });
  const outs = readOuts(text, from.dvc);
  const wanted = from.output ?? onlyOutput(outs, from, locate);
  const found = outs.filter(({ path }) => path === wanted || wanted.startsWith(`${path}/`));
  const [first, second] = found;
  const names = outs.slice(0, 20).map(({ path }) => `\`${path}\``);
  if (first === undefined || second !== undefined) {
    const why = first === undefined ? 'no output' : 'more than one output';
    const message = `${locate(['from', 'output'])}: \`${from.dvc}\` has ${why} \`${wanted}\`; it has ${names.join(', ')}`;
    throw new PipelineError('source_unsupported', message, { details: { file: from.dvc } });
  }
  return claimOf(first, wanted, from.dvc);
}

type Out = z.output<typeof out>;

function readOuts(text: string, file: string): readonly Out[] {
  const read = readYamlText(text, { aliasesMax: 0 });
  if (!read.ok) {
    const [problem] = read.problems;
    throw notDvc(file, `:${problem?.line}: ${problem?.message}`);
  }
  const { value, lineOf } = read.text;
  const parsed = file.endsWith('.dvc') ? dvcFile.safeParse(value) : lockFile.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path ?? [];
    throw notDvc(file, `:${lineOf(path)}: \`${path.map(String).join('.')}\`: ${issue?.message}`);
  }
  const { data } = parsed;
  if ('stages' in data) {
    const { stages } = lockFile.parse(data);
    return Object.values(stages).flatMap(({ outs = [] }) => outs);
  }
  return dvcFile.parse(data).outs;
}

function notDvc(file: string, where: string): PipelineError {
  const message = `${file}${where}; it is not as DVC 2 or 3 writes it`;
  return new PipelineError('source_unsupported', message, { details: { file } });
}

function onlyOutput(
  outs: readonly Out[],
  { dvc }: DvcOrigin,
  locate: ExtractRequest['locate'],
): string {
  const [only, second] = outs;
  if (only !== undefined && second === undefined) return only.path;
  const names = outs.slice(0, 20).map(({ path }) => `\`${path}\``);
  const message = `${locate(['from', 'dvc'])}: \`${dvc}\` has several outputs; name one as \`output\`: ${names.join(', ')}`;
  throw new PipelineError('source_unsupported', message, { details: { file: dvc } });
}

function claimOf({ path, md5, hash }: Out, wanted: string, file: string): DvcClaim {
  if (md5 === undefined || (hash !== undefined && hash !== 'md5')) {
    const message = `\`${file}\` claims no MD5 of \`${path}\`; push it with \`dvc add\` or \`dvc commit\` to a cache of its own, not as an external or version-aware output`;
    throw new PipelineError('source_unsupported', message, { details: { file, output: path } });
  }
  const isDirectory = md5.endsWith('.dir');
  const within = wanted === path ? null : wanted.slice(path.length + 1);
  if (within !== null && !isDirectory) {
    const message = `\`${path}\` in \`${file}\` is a file, so there is no \`${wanted}\``;
    throw new PipelineError('source_unsupported', message, { details: { file, output: path } });
  }
  return {
    output: path,
    md5: md5.slice(0, 32),
    isDirectory,
    isLegacy: hash === undefined,
    within,
  };
}
