// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobRoutes } from '@countersign/contract';
import { answerRow, openServedModel, rowOf } from '@countersign/gateway';
import {
  type ArtifactManifest,
  decodeRow,
  equalBytes,
  latestItem,
  sha256Hex,
  toHex,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { hostToolEnvironment } from '@countersign/pipeline';
import { CliError } from '../errors.ts';
import { draftCache } from '../runs/run-folder.ts';
import type { Session } from '../session.ts';
import { isModelAnswer } from './decision-parts.ts';
import type { TracedDecision } from './trace-decision.ts';
import type { TraceNode } from './trace-tree.ts';
import { contextOf } from './warrant-chain.ts';

/**
 * Opens the artefact here, asks it the recorded input again and compares bits: the very bytes that the leaf commits to.
 * @param rebuilt path of another model file, such as one that `reproduce` or a stranger built
 * @throws CliError `refused` for a decision that holds no answer, or whose input was destroyed
 */
export async function replay(
  session: Session,
  traced: TracedDecision,
  rebuilt?: string,
): Promise<TraceNode> {
  const { decision, parts, spec } = traced;
  const part = (name: string) => parts.find((one) => one.name === name)?.bytes;
  const inputs = part('inputs');
  const output = part('output');
  if (!isModelAnswer(decision)) {
    const what = decision.kind === 'fallback' ? 'what a fallback answered' : 'a refusal';
    throw new CliError('refused', `${what} has no score to replay`);
  }
  if (spec === undefined || inputs === undefined || output === undefined) {
    throw new CliError(
      'refused',
      'input or answer of the decision do not exist any more, or do not open',
    );
  }
  const files = await artefactFiles(session, traced);
  const bytes = rebuilt === undefined ? files.model : await readModel(rebuilt);
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-replay-'));
  const { manifest, read } = withModel(files, bytes);
  const served = await openServedModel(spec, { manifest, read }, groundOf(session, scratch)).catch(
    async (error: unknown) => {
      await rm(scratch, { recursive: true, force: true });
      throw error;
    },
  );
  try {
    const answer = await answerRow(served, rowOf(decodeRow(inputs)));
    const isSame = equalBytes(answer.outputBytes, output) && equalBytes(answer.inputBytes, inputs);
    const digest = sha256Hex(nodePrimitives, bytes);
    return {
      title: isSame ? 'replayed here: the same bits' : 'replayed here: OTHER bits',
      holds: isSame,
      notes: [
        `${rebuilt === undefined ? 'artefact' : `\`${rebuilt}\``} ${digest}${digest === files.digest ? '' : ', not the recorded bytes'}`,
        `answer ${toHex(answer.outputBytes)}`,
        ...(isSame ? [] : [`record ${toHex(output)}`]),
      ],
    };
  } finally {
    await served.scorer.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

interface ArtefactFiles {
  readonly manifest: ArtifactManifest;
  readonly model: Uint8Array;
  readonly digest: string;
  readonly read: (path: string) => Promise<Uint8Array>;
}

/** The artefact, with these bytes for its model: the digests are those of what is run. */
function withModel({ manifest, read }: ArtefactFiles, model: Uint8Array) {
  const { entry } = manifest;
  const own = { path: entry, digest: sha256Hex(nodePrimitives, model), size: model.length };
  const files = manifest.files.map((file) => (file.path === entry ? own : file));
  return {
    manifest: { ...manifest, files },
    read: async (path: string) => (path === entry ? model : read(path)),
  };
}

/** A scorer that is a program runs here in the sandbox, in the environment that its manifest records. */
function groundOf({ io }: Session, workDir: string) {
  const hostEnvironment = hostToolEnvironment(io.env);
  return { workDir, cacheDir: draftCache(io.env), hostEnvironment };
}

async function artefactFiles(
  session: Session,
  { decision, set }: TracedDecision,
): Promise<ArtefactFiles> {
  const context =
    set === undefined || decision.warrant === null ? undefined : contextOf(set, decision.warrant);
  const artifact =
    set === undefined || context === undefined
      ? undefined
      : latestItem(set, context, { id: 'model-artifact' });
  if (artifact === undefined)
    throw new CliError('refused', 'the artefact of the decision is not in the log');
  // The platform signed this record; its shape is its own writer's.
  const manifest = artifact.statement.predicate.content.manifest as unknown as ArtifactManifest;
  const digestOf = (path: string | undefined) =>
    manifest.files.find((file) => file.path === path)?.digest;
  const digest = digestOf(manifest.entry);
  if (digest === undefined)
    throw new CliError('refused', `the manifest names no file \`${manifest.entry}\``);
  const read = async (path: string) => {
    const named = digestOf(path);
    if (named === undefined)
      throw new CliError('refused', `the manifest names no file \`${path}\``);
    return fetchBlob(session, named);
  };
  return { manifest, digest, model: await fetchBlob(session, digest), read };
}

/** Bytes by their digest, which is checked: the server is not trusted with them. */
export async function fetchBlob(session: Session, digest: string): Promise<Uint8Array> {
  const { bytes } = await session.client().callRaw(blobRoutes.get, { params: { digest } });
  if (sha256Hex(nodePrimitives, bytes) === digest) return bytes;
  throw new CliError(
    'record_unverified',
    `the server sent other bytes than \`${digest.slice(0, 12)}\``,
  );
}

async function readModel(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw new CliError('file_missing', `\`${path}\` cannot be read; check the path`, { cause });
  });
}
