// SPDX-License-Identifier: Apache-2.0
import {
  canonicalBytes,
  examRegisters,
  type Json,
  type LoggedRecord,
  type Primitives,
  type RecordSet,
  type Signer,
} from '@countersign/kernel';
import { writeZip, type ZipEntry } from '../zip/canonical-zip.ts';
import {
  CHECKPOINTS_ENTRY,
  EDGES_ENTRY,
  type ExamContents,
  HASHES_ENTRY,
  INDEX_ENTRY,
  QUESTION_ENTRY,
  RECORDS_ENTRY,
  REGISTERS,
} from './exam-contents.ts';
import { EXAM_MANIFEST_ENTRY, signExamManifest } from './exam-manifest.ts';
import { renderIndex } from './render-index.ts';

/**
 * Bytes of an exam package: the same position of the log, date and period give the same bytes, since nothing in it says
 * when it was made and Ed25519 is deterministic.
 */
export async function writeExamPackage(
  p: Primitives,
  contents: ExamContents,
  at: {
    readonly set: RecordSet;
    readonly logged: readonly LoggedRecord[];
    readonly signer: Signer;
  },
): Promise<Uint8Array> {
  const { root, bulk, question } = contents;
  const json = (value: unknown) => canonicalBytes(value as Json); // plain data
  const entries: ZipEntry[] = [
    { name: QUESTION_ENTRY, bytes: json({ root, bulk, question }) },
    { name: HASHES_ENTRY, bytes: contents.hashes },
    { name: CHECKPOINTS_ENTRY, bytes: json(contents.checkpoints) },
    { name: RECORDS_ENTRY, bytes: json(contents.records) },
    { name: EDGES_ENTRY, bytes: json(contents.edges) },
    ...registerEntries(p, contents, at),
    ...contents.blobs.map(({ digest, bytes }) => ({ name: `blobs/${digest}`, bytes })),
  ];
  const manifest = await signExamManifest(p, root, { entries, signer: at.signer });
  return writeZip([...entries, { name: EXAM_MANIFEST_ENTRY, bytes: manifest }]);
}

/** Registers and their index, from records alone: what the writer puts into a package and the verifier expects there. */
export function registerEntries(
  p: Primitives,
  contents: Pick<ExamContents, 'root' | 'question'>,
  at: { readonly set: RecordSet; readonly logged: readonly LoggedRecord[] },
): readonly ZipEntry[] {
  const registers = examRegisters(p, at.set, at.logged, contents.question);
  const index = renderIndex(
    { firm: at.set.founding.firm, root: contents.root, question: contents.question },
    registers,
  );
  return [
    ...registers.map(({ name, content }) => ({
      name: `${REGISTERS}${name}.json`,
      bytes: canonicalBytes(content),
    })),
    { name: INDEX_ENTRY, bytes: new TextEncoder().encode(index) },
  ];
}
