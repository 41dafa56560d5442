// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CountedRecord,
  parseStrictJson,
  type ReproductionContent,
  readProofBundle,
  recordsOfType,
  verifyBundle,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import {
  type BlobStore,
  openArchiveView,
  openFileBlobStore,
  type RebuildOptions,
  type RebuildResult,
  type RunResult,
  rebuildRun,
  reproductionContent,
} from '@countersign/pipeline';
import { type CaseReport, readZip, verifyCaseFile, type ZipEntry } from '@countersign/verifier';
import { CliError } from '../errors.ts';

export interface OfflineOptions
  extends Pick<RebuildOptions, 'callerEnvironment' | 'now' | 'python' | 'diagnosis' | 'signal'> {
  readonly progress: (text: string) => void;
}

export interface OfflineRebuild {
  readonly rebuilt: RebuildResult;
  readonly version: { readonly model?: string; readonly version?: number };
  /** What the case file's verification found to hold. */
  readonly established: readonly string[];
  readonly attestation: ReproductionContent;
}

/** Rebuilds the run whose result is `result` from a copy of a blob store, which is read and not written. */
export async function rebuildFromBlobs(
  options: OfflineOptions & { readonly directory: string; readonly result: string },
): Promise<OfflineRebuild> {
  const archive = openFileBlobStore(options.directory);
  if (!(await archive.has(options.result))) {
    throw new CliError(
      'file_missing',
      `\`${options.directory}\` has no blob \`${options.result}\``,
      {
        details: {
          next: 'name the directory that holds `sha256/`, and the `result` of the training-run record',
        },
      },
    );
  }
  return inScratch(async (scratch) => {
    const result = await readResult(archive, options.result);
    return {
      ...(await rebuild(options, { archive, result, scratch })),
      version: {},
      established: [],
    };
  });
}

/** Rebuilds the version that a case file is about, once the case file verifies under the founding digest. */
export async function rebuildFromCase(
  options: OfflineOptions & { readonly file: string; readonly root: string },
): Promise<OfflineRebuild> {
  const bytes = await readFile(options.file).catch((cause: unknown) => {
    throw new CliError('file_missing', `\`${options.file}\` cannot be read; check the path`, {
      cause,
    });
  });
  options.progress('verifying the case file');
  const report = verifyCaseFile(nodePrimitives, bytes, options.root);
  const [problem] = report.problems;
  if (problem !== undefined) {
    const message = `the case file does not verify: ${problem.entry}: ${problem.reason}`;
    throw new CliError('record_unverified', message);
  }
  const entries = readZip(bytes);
  const { digest, version } = resultOf(entries, report, options.root);
  return inScratch(async (scratch) => {
    const archive = openFileBlobStore(join(scratch, 'archive'));
    for (const entry of entries)
      if (entry.name.startsWith('blobs/')) await archive.put(entry.bytes);
    if (!(await archive.has(digest))) {
      throw new CliError('file_missing', 'the case file holds no parts of a rebuild', {
        details: {
          next: 'have it exported with `countersign export MODEL@N --with-rebuild-parts`',
        },
      });
    }
    const result = await readResult(archive, digest);
    const made = await rebuild(options, { archive, result, scratch });
    return { ...made, version, established: report.established };
  });
}

/** The result that the newest training run of the version commits to. */
function resultOf(entries: readonly ZipEntry[], { about }: CaseReport, root: string) {
  const bundle = entries.find(({ name }) => name === 'bundle.json')?.bytes ?? new Uint8Array();
  const json = parseStrictJson(bundle, { maxBytes: 256 * 1024 * 1024 });
  const verified = verifyBundle(nodePrimitives, readProofBundle(json), root);
  const runs = verified.ok ? recordsOfType(verified.set, 'training-run') : [];
  const isOfVersion = ({ statement }: CountedRecord) => {
    const { model, version } = statement.predicate.subjectRef;
    return model === about?.model && version === about?.version;
  };
  const digest = runs.findLast(isOfVersion)?.statement.predicate.content.result;
  if (typeof digest !== 'string' || about === undefined) {
    throw new CliError(
      'record_unverified',
      'the case file is about a version that no run made; there is nothing to rebuild',
    );
  }
  return { digest, version: { model: about.model, version: about.version } };
}

async function readResult(archive: BlobStore, digest: string): Promise<RunResult> {
  const json: unknown = JSON.parse(new TextDecoder().decode(await archive.get(digest)));
  const isResult =
    typeof json === 'object' && json !== null && 'v' in json && json.v === 1 && 'steps' in json;
  if (isResult) return json as RunResult; // its digest was given by who vouches for it
  throw new CliError('file_missing', `\`${digest}\` is not the result of a run`);
}

async function rebuild(
  options: OfflineOptions,
  at: { readonly archive: BlobStore; readonly result: RunResult; readonly scratch: string },
): Promise<Pick<OfflineRebuild, 'rebuilt' | 'attestation'>> {
  const { callerEnvironment, now, python, diagnosis, signal } = options;
  const workDir = join(at.scratch, 'work');
  await mkdir(workDir);
  const rebuilt = await rebuildRun({
    ...{ result: at.result, workDir, callerEnvironment, now },
    blobs: openArchiveView(at.archive, openFileBlobStore(join(at.scratch, 'made'))),
    onEvent: (event) => {
      if (event.type === 'step-started') options.progress(`step ${event.step}: ${event.command}`);
    },
    ...(python === undefined ? {} : { python }),
    ...(diagnosis === undefined ? {} : { diagnosis }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { rebuilt, attestation: reproductionContent(rebuilt, { verdict: rebuilt.verdict }) };
}

async function inScratch<T>(work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-reproduce-'));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
