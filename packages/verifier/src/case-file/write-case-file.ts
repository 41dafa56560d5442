// SPDX-License-Identifier: Apache-2.0
import {
  canonicalBytes,
  type Json,
  type Primitives,
  type ProofBundle,
  type Signer,
} from '@countersign/kernel';
import { writeZip, type ZipEntry } from '../zip/canonical-zip.ts';
import type { CaseDecision } from './decision-entry.ts';
import {
  BUNDLE_ENTRY,
  type CaseManifest,
  DECISION_ENTRY,
  entryOf,
  MANIFEST_ENTRY,
  signManifest,
} from './manifest.ts';

export interface CaseContents {
  readonly root: string;
  readonly made: string;
  readonly about: CaseManifest['about'];
  readonly bundle: ProofBundle;
  readonly decision?: CaseDecision;
  /** Content that the records name by digest: artefact, papers, logs, snapshots. */
  readonly blobs: readonly { readonly digest: string; readonly bytes: Uint8Array }[];
}

/** Bytes of a case file: same contents, same signer, same bytes (Ed25519 is deterministic). */
export async function writeCaseFile(
  p: Primitives,
  contents: CaseContents,
  signer: Signer,
): Promise<Uint8Array> {
  const entries: ZipEntry[] = [
    { name: BUNDLE_ENTRY, bytes: canonicalBytes(contents.bundle as unknown as Json) },
    ...contents.blobs.map(({ digest, bytes }) => ({ name: `blobs/${digest}`, bytes })),
  ];
  if (contents.decision !== undefined) {
    const bytes = canonicalBytes(contents.decision as unknown as Json);
    entries.push({ name: DECISION_ENTRY, bytes });
  }
  const listed = entries.map(({ name, bytes }) => entryOf(p, name, bytes));
  const manifest: CaseManifest = {
    root: contents.root,
    made: contents.made,
    about: contents.about,
    entries: listed.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return writeZip([
    ...entries,
    { name: MANIFEST_ENTRY, bytes: await signManifest(manifest, signer) },
  ]);
}
