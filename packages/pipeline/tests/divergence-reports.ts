// SPDX-License-Identifier: Apache-2.0
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobStore, openFileBlobStore } from '../src/blobs/blob-store.ts';
import { restoreEnvironment } from '../src/environment/restore-environment.ts';
import { parsePipelineFile } from '../src/file/parse-pipeline-file.ts';
import { planSteps } from '../src/file/step-plan.ts';
import { PROBE_MOUNT, pinVariables } from '../src/rebuild/diagnosis/pins.ts';
import type { RebuildResult } from '../src/rebuild/rebuild-result.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { executeRun } from '../src/run/execute-run.ts';
import { layGround } from '../src/run/lay-ground.ts';
import type { RunResult } from '../src/run/result.ts';
import { runGraph } from '../src/run/run-graph.ts';
import { SANDBOX_UID } from '../src/sandbox/run-sandboxed.ts';
import type { Mount } from '../src/sandbox/system-mounts.ts';
import type { DivergentPipeline } from './divergence-fixtures.ts';
import { commitRepository } from './example-repository.ts';

interface Place {
  readonly root: string;
  /** Shared with other tests; a pipeline whose environment is tampered with gets one of its own. */
  readonly cacheDir: string;
}

/** Runs a pipeline that is not deterministic, and rebuilds it: the result holds the report. */
export async function rebuildDivergent(
  pipeline: DivergentPipeline,
  place: Place,
): Promise<RebuildResult> {
  const root = join(
    place.root,
    `${pipeline.cause} ${pipeline.recorded ?? 'here'}`.replaceAll(' ', '-'),
  );
  const isTampered = pipeline.cause === 'changed-wheel';
  const cacheDir = isTampered ? join(root, 'cache') : place.cacheDir;
  const checkout = join(root, 'repository');
  await mkdir(join(root, 'work'), { recursive: true });
  await commitRepository(checkout, pipeline.files);
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const common = {
    blobs,
    workDir: join(root, 'work'),
    cacheDir,
    now: () => new Date(),
    callerEnvironment: process.env,
  };
  const made = await executeRun({ ...common, source: { checkout }, draft: false });
  if (made.failure !== null) throw new Error(made.failure.message);
  const { recorded } = pipeline;
  const at = { root, cacheDir, blobs, checkout };
  const result = recorded === undefined ? made : await recordElsewhere(made, recorded, at);
  if (isTampered) await replacePackage(cacheDir);
  const rebuilt = await rebuildRun({ ...common, result });
  await rm(join(root, 'work'), { recursive: true });
  return rebuilt;
}

type Elsewhere = NonNullable<DivergentPipeline['recorded']>;

const OTHER_DAY = '2026-01-15T09:00:00.000Z';

/**
 * The same run where it was recorded: on a processor that says it has no AVX2 (the script reads the list of another
 * machine), or under the clock of another day.
 */
async function recordElsewhere(
  result: RunResult,
  where: Elsewhere,
  at: Place & { readonly blobs: BlobStore; readonly checkout: string },
): Promise<RunResult> {
  const scratch = join(at.root, 'elsewhere');
  await mkdir(scratch);
  const text = Buffer.from(await at.blobs.get(result.pipelineFileBlob.digest)).toString();
  const document = parsePipelineFile(text);
  const shared = { blobs: at.blobs, callerEnvironment: process.env };
  const environment = await restoreEnvironment(result.environment, {
    ...shared,
    scratch,
    cacheDir: at.cacheDir,
    uid: SANDBOX_UID,
  });
  const isOtherDay = where === 'on another day';
  const mount = isOtherDay ? PROBE_MOUNT : await olderProcessor(at.root);
  const ground = await layGround(
    { ...shared, now: () => new Date() },
    {
      scratch,
      checkout: at.checkout,
      document,
      mounts: [...environment.mounts, mount],
      committedAt: result.source.committedAt,
      profile: {
        ...result.determinismProfile,
        ...(isOtherDay ? pinVariables({ time: OTHER_DAY }) : {}),
      },
      readerHost: { cacheDir: at.cacheDir, python: null },
      emit: () => {},
    },
  );
  const { steps, failure } = await runGraph(ground, planSteps(document));
  if (failure !== null) throw new Error(failure.message);
  const times = { startedAt: OTHER_DAY, endedAt: OTHER_DAY };
  return isOtherDay
    ? { ...result, steps: steps.map((step) => ({ ...step, ...times })) }
    : { ...result, steps, platform: { ...result.platform, cpu: 'Older Processor' } };
}

async function olderProcessor(root: string): Promise<Mount> {
  const source = join(root, 'cpuinfo');
  await writeFile(source, 'model name\t: Older Processor\nflags\t\t: fpu sse sse2 sse3\n');
  return { source, target: '/proc/cpuinfo' };
}

/** What `pip install --force-reinstall` of a patched build into a shared environment does. */
async function replacePackage(cacheDir: string): Promise<void> {
  const [key = ''] = await readdir(join(cacheDir, 'environments'));
  const libraries = join(cacheDir, 'environments', key, 'lib');
  const [python = ''] = await readdir(libraries);
  const file = join(libraries, python, 'site-packages', 'mpmath', '__init__.py');
  await appendFile(file, '\n_plain = gamma\ngamma = lambda z: _plain(z) * (1 + mpf(2) ** -40)\n');
}
