// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PipelineError } from '../errors.ts';
import { type DvcOrigin, externalExtension } from '../file/origin-section.ts';
import { type DvcProject, readDvcProject } from './dvc-config.ts';
import { dvcMd5 } from './dvc-md5.ts';
import { type DvcClaim, readDvcClaim } from './dvc-output.ts';
import { type DvcStorage, dvcStorages, storedNames } from './dvc-storage.ts';
import type { Extracted, ExtractRequest } from './extracted.ts';
import { joinParts } from './join-parts.ts';
import type { DvcFacts } from './snapshot-origin.ts';
import { isPart, PARTS_MAX, type TablePart } from './table-part.ts';

const LIST_BYTES_MAX = 64 * 1024 * 1024;
const md5 = z.string().regex(/^[0-9a-f]{32}$/);
const listing = z.array(z.looseObject({ md5, relpath: z.string().min(1) })).min(1);

interface Project {
  readonly request: ExtractRequest;
  readonly from: DvcOrigin;
  readonly claim: DvcClaim;
  readonly project: DvcProject;
  readonly storages: readonly DvcStorage[];
}

/**
 * An output of a DVC project, from its cache or remote. DVC's MD5 is a claim: other bytes are refused, and what counts
 * afterwards is the SHA-256 of what was read. Throws PipelineError `source_*` or `file_missing`.
 */
export async function extractDvc(request: ExtractRequest, from: DvcOrigin): Promise<Extracted> {
  const claim = await readDvcClaim(request, from);
  refuseOtherExtension(request, from, claim);
  const project = await readDvcProject(request, from);
  const storages = dvcStorages(project, request);
  const known: Project = { request, from, claim, project, storages };
  try {
    request.report(`${request.name}: \`${claim.output}\` of \`${from.dvc}\``);
    return claim.isDirectory ? await extractDirectory(known) : await extractFile(known);
  } finally {
    for (const storage of storages) storage.close();
  }
}

/** What a step was promised to find must be what the project holds. */
function refuseOtherExtension(
  { locate }: ExtractRequest,
  from: DvcOrigin,
  { output, within, isDirectory }: DvcClaim,
): void {
  const extension = externalExtension(from);
  const name = within ?? output;
  if (isDirectory && within === null) return;
  if (name.endsWith(extension) || from.format !== undefined) return;
  const message = `${locate(['from'])}: \`${from.dvc}\` holds \`${name}\`, which is no \`${extension}\` file; say what it is with \`format\``;
  throw new PipelineError('source_unsupported', message, { details: { output: name } });
}

async function extractFile(known: Project): Promise<Extracted> {
  const { claim, request, from } = known;
  const path = join(request.workDir, `output${externalExtension(from)}`);
  const readFrom = await fetchClaimed(known, { md5: claim.md5, name: claim.output, path });
  return { path, file: fileName(claim.output, from), origin: facts(known, readFrom, []) };
}

/** A `format` beside a name without extension names the format to whoever reads the file. */
function fileName(name: string, from: DvcOrigin): string {
  const extension = externalExtension(from);
  return name.endsWith(extension) ? name : `${name}${extension}`;
}

function facts(
  { from, claim, request }: Project,
  readFrom: string,
  parts: DvcFacts['parts'],
): DvcFacts {
  const { output, within, md5: claimed } = claim;
  return {
    dvc: from.dvc,
    output: within === null ? output : `${output}/${within}`,
    md5: claimed,
    readFrom,
    parts,
    extractedAt: request.now().toISOString(),
  };
}

async function extractDirectory(known: Project): Promise<Extracted> {
  const { claim, request, from } = known;
  const list = join(request.workDir, 'directory.json');
  const readFrom = await fetchClaimed(known, {
    md5: claim.md5,
    name: claim.output,
    path: list,
    suffix: '.dir',
  });
  const entries = await readListing(list, claim);
  if (claim.within !== null) return extractEntry(known, entries, readFrom);
  const table = { name: claim.output, extension: externalExtension(from) };
  const wanted = entries
    .filter(({ relpath }) => isPart(relpath, table))
    .toSorted((a, b) => (a.relpath < b.relpath ? -1 : 1));
  if (wanted.length === 0 || wanted.length > PARTS_MAX) {
    const message = `\`${claim.output}\` of \`${from.dvc}\` holds ${wanted.length} \`${table.extension}\` files; a table has 1 to ${PARTS_MAX}`;
    throw new PipelineError('source_unsupported', message);
  }
  const parts = await fetchParts(known, wanted);
  const joined = await joinParts({ ...table, parts, directory: request.workDir });
  const records = parts.map(({ record }) => record);
  return { ...joined, origin: facts(known, readFrom, records) };
}

type Entry = z.output<typeof listing>[number];

async function readListing(path: string, { output }: DvcClaim): Promise<readonly Entry[]> {
  const { size } = await stat(path);
  const text = size > LIST_BYTES_MAX ? '' : await readFile(path, 'utf8');
  const parsed = listing.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const message = `the list of files of \`${output}\` is not as DVC writes it; run \`dvc commit\` and push again`;
  throw new PipelineError('source_unsupported', message, { details: { output } });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // reported by the caller as a list of another shape
  }
}

async function extractEntry(
  known: Project,
  entries: readonly Entry[],
  readFrom: string,
): Promise<Extracted> {
  const { claim, request, from } = known;
  const entry = entries.find(({ relpath }) => relpath === claim.within);
  if (entry === undefined) {
    const message = `\`${claim.output}\` of \`${from.dvc}\` holds no file \`${claim.within}\``;
    throw new PipelineError('source_missing', message, { details: { output: claim.output } });
  }
  const path = join(request.workDir, `output${externalExtension(from)}`);
  await fetchClaimed(known, { md5: entry.md5, name: `${claim.output}/${entry.relpath}`, path });
  const record = {
    name: entry.relpath,
    claims: { md5: entry.md5 },
    ...(await request.blobs.putFile(path)),
  };
  return { path, file: fileName(entry.relpath, from), origin: facts(known, readFrom, [record]) };
}

async function fetchParts(
  known: Project,
  entries: readonly Entry[],
): Promise<readonly TablePart[]> {
  const { claim, request, from } = known;
  const directory = join(request.workDir, 'parts');
  await mkdir(directory);
  const parts: TablePart[] = [];
  for (const [index, { md5: claimed, relpath }] of entries.entries()) {
    request.signal?.throwIfAborted();
    const path = join(directory, `${index}${externalExtension(from)}`);
    await fetchClaimed(known, { md5: claimed, name: `${claim.output}/${relpath}`, path });
    const blob = await request.blobs.putFile(path);
    parts.push({ path, record: { name: relpath, claims: { md5: claimed }, ...blob } });
  }
  return parts;
}

interface Claimed {
  readonly md5: string;
  readonly name: string;
  readonly path: string;
  /** `.dir` of the list of a directory's files. */
  readonly suffix?: string;
}

/** Gives the place that had it. A place with other bytes than claimed is damage, and no reason to ask the next one. */
async function fetchClaimed(known: Project, claimed: Claimed): Promise<string> {
  const { storages, claim } = known;
  for (const storage of storages) {
    for (const stored of storedNames(claim, claimed.md5)) {
      const file = `${stored}${claimed.suffix ?? ''}`;
      if (!(await storage.fetch(file, claimed.path))) continue;
      await refuseOtherBytes(known, claimed, `${storage.name}, ${file}`);
      return storage.name;
    }
  }
  throw nowhere(known, claimed);
}

async function refuseOtherBytes(
  { claim, from }: Project,
  { md5: expected, name, path }: Claimed,
  where: string,
): Promise<void> {
  const found = await dvcMd5(path, { isLegacy: false });
  if (found === expected) return;
  // The new layout may hold what an old `.dvc` file names: DVC 3 reads both.
  if (claim.isLegacy && (await dvcMd5(path, { isLegacy: true })) === expected) return;
  await rm(path, { force: true });
  const message = `\`${name}\` (${where}): \`${from.dvc}\` claims MD5 \`${expected}\`, its bytes have \`${found}\`; restore the file with \`dvc fetch\` or add it anew`;
  throw new PipelineError('source_differs', message, {
    details: { file: name, claimed: expected, found },
  });
}

function nowhere({ storages, request, project, from }: Project, { name, md5: wanted }: Claimed) {
  const asked = storages.map((storage) => storage.name).join(', ');
  const advice =
    request.workingTree === null
      ? 'a worker sees the commit alone, never the cache beside a checkout: `dvc push` it to an S3 remote that `.dvc/config` names as `core.remote`'
      : 'fetch it with `dvc fetch`, or `dvc push` it from where it is';
  const message = `\`${name}\` of \`${from.dvc}\` (MD5 \`${wanted}\`) is in no place that can be reached${asked === '' ? '' : ` (asked: ${asked})`}; ${advice}`;
  return new PipelineError('source_missing', message, {
    details: { file: name, md5: wanted, remote: project.remote?.name ?? null },
  });
}
