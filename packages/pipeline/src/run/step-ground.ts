// SPDX-License-Identifier: Apache-2.0
import { link, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { PlannedStep } from '../file/step-plan.ts';
import { ARCHIVED, codeTime, historyOf } from '../source/code-time.ts';
import type { RunGround } from './run-ground.ts';
import { stepProfile } from './step-variables.ts';

/** Before any step has run. Throws PipelineError `file_missing` for declared code that the commit does not have. */
export async function refuseMissingCode(
  { document, checkout }: Pick<RunGround, 'document' | 'checkout'>,
  plan: readonly PlannedStep[],
): Promise<void> {
  for (const { name, step } of plan) {
    for (const [index, path] of (step.code ?? []).entries()) {
      const found = await lstat(join(checkout, path)).catch(() => undefined); // reported below
      if (found !== undefined) continue;
      const line = document.lineOf(['steps', name, 'code', index]);
      const message = `${document.name}:${line}: the commit has no \`${path}\`; strike it from \`code\` or commit it`;
      throw new PipelineError('file_missing', message, { details: { path, step: name } });
    }
  }
}

/**
 * Before any step has run: what a step writes or is given must not bear the name of a file of the commit that it is shown.
 * Throws PipelineError `output_duplicate`, naming the line.
 */
export async function refuseTakenNames(
  { document, checkout }: Pick<RunGround, 'document' | 'checkout'>,
  plan: readonly PlannedStep[],
  hidden: readonly string[],
): Promise<void> {
  for (const { name, step, inputs } of plan) {
    const isShown = (path: string) =>
      !hidden.includes(path) &&
      (step.code === undefined || step.code.some((code) => isWithin(path, code)));
    const files = [
      ...step.outputs.map((path, index) => ({ path, at: ['outputs', index], more: '' })),
      ...inputs.map(({ as, kind }, index) => ({
        ...{ path: as, at: ['inputs', index] },
        more: kind === 'dataset' ? ' with `as`, or do not show the step that file (`code`)' : '',
      })),
    ];
    for (const { path, at, more } of files) {
      if (!isShown(path)) continue;
      const found = await lstat(join(checkout, path)).catch(() => undefined); // free, as it should be
      if (found === undefined) continue;
      const where = ['steps', name, ...at];
      const message = `${document.name}:${document.lineOf(where)}: \`${where.join('.')}\`: \`${path}\` is a file of the commit already; give it another name${more}`;
      throw new PipelineError('output_duplicate', message, { details: { path, step: name } });
    }
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** The variables of one step of a run, which depend on its own history where it declares its `code`. */
export async function stepVariables(
  { checkout, profile }: Pick<RunGround, 'checkout' | 'profile'>,
  { step }: PlannedStep,
): Promise<RunGround['profile']> {
  if (step.code === undefined) return stepProfile(profile, step, undefined);
  return stepProfile(profile, step, await codeTime(historyOf(checkout), ARCHIVED, step.code));
}

/**
 * The ground of one step: the run's, with the step's own variables, and where it declares its `code`, a checkout of that
 * alone: what it did not declare it cannot read, so that it need not be believed. The same for runs and rebuilds.
 */
export async function stepGround(ground: RunGround, planned: PlannedStep): Promise<RunGround> {
  const profile = await stepVariables(ground, planned);
  const { code } = planned.step;
  if (code === undefined) return { ...ground, profile };
  const checkout = join(ground.scratch, 'code', planned.name);
  await mkdir(checkout, { recursive: true });
  for (const path of code) await linkTree(join(ground.checkout, path), join(checkout, path));
  return { ...ground, checkout, profile };
}

/** Names of the same files, which nobody writes: a checkout is read-only to every step. */
async function linkTree(from: string, to: string): Promise<void> {
  const found = await lstat(from);
  if (!found.isDirectory()) {
    await mkdir(dirname(to), { recursive: true });
    await link(from, to).catch((cause: unknown) => {
      // Declared twice, as itself and within its directory.
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    });
    return;
  }
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) await linkTree(join(from, name), join(to, name));
}
