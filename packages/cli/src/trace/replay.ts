// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { recordRoutes } from '@countersign/contract';
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
import { CliError } from '../errors.ts';
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
  const served = await openServedModel(spec, {
    model: bytes,
    ...(files.reasons === undefined ? {} : { reasons: files.reasons }),
  });
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
  }
}

interface ArtefactFiles {
  readonly model: Uint8Array;
  readonly digest: string;
  readonly reasons?: Uint8Array;
}

async function artefactFiles(
  session: Session,
  { decision, spec, set }: TracedDecision,
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
  const reasons = digestOf(spec?.reasons?.file);
  return {
    digest,
    model: await fetchBlob(session, digest),
    ...(reasons === undefined ? {} : { reasons: await fetchBlob(session, reasons) }),
  };
}

/** Bytes by their digest, which is checked: the server is not trusted with them. */
export async function fetchBlob(session: Session, digest: string): Promise<Uint8Array> {
  const { bytes } = await session.client().callRaw(recordRoutes.getBlob, { params: { digest } });
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
