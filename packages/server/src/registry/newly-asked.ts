// SPDX-License-Identifier: Apache-2.0
import { demandName, type FrameworkPack, type RecordSet } from '@countersign/kernel';
import { packHistory } from './packs.ts';

export interface NewlyAsked {
  /** Version of the text that the pack in force replaced. */
  readonly replaced?: string;
  /** What it asks and that text did not; `evidence` with its kind. */
  readonly newlyAsked?: readonly { readonly clause: string; readonly evidence: string }[];
}

/** What the text of a pack in force asks that the one adopted before it did not; nothing of a pack's first text. */
export function newlyAsked(
  set: RecordSet,
  { digest, pack }: { readonly digest: string; readonly pack: FrameworkPack },
): NewlyAsked {
  const history = packHistory(set, pack.id);
  const before = history[history.findIndex((one) => one.digest === digest) - 1];
  if (before === undefined) return {};
  const known = new Set(demandsOf(before.pack).map((one) => JSON.stringify(one)));
  const asked = demandsOf(pack).filter((one) => !known.has(JSON.stringify(one)));
  return { replaced: before.pack.version, newlyAsked: asked };
}

function demandsOf({ clauses }: FrameworkPack) {
  return clauses.flatMap(({ id, evidence }) =>
    evidence.map((item) => ({ clause: id, evidence: demandName(item) })),
  );
}
