// SPDX-License-Identifier: Apache-2.0
import { type RecordSet, recordsOfType } from '../records/record-set.ts';

/** Whether a pack concerns something: `undetermined` where the firm uses the pack and nobody has said it does not apply. */
export type PackConcern = 'in-scope' | 'out-of-scope' | 'undetermined';

export interface PackScopes {
  /** For a model and use; for all uses where none is named; for the whole firm where no model is. */
  concern(
    pack: string,
    of: { readonly model?: string | undefined; readonly use?: string | undefined },
  ): PackConcern;
}

interface Determination {
  readonly model: string | undefined;
  readonly use: string | undefined;
  readonly inScope: boolean;
}

/** From signed scope determinations; the newest about a model, use and pack counts. */
export function packScopes(set: RecordSet): PackScopes {
  const byPack = new Map<string, Map<string, Determination>>();
  const adopted = new Set<string>();
  for (const { statement } of recordsOfType(set, 'scope-determination')) {
    const { subjectRef, content } = statement.predicate;
    const pack = String(content.pack);
    // Anything but a plain `false` concerns it: what is unclear keeps.
    const inScope = content.inScope !== false;
    const { model, use } = subjectRef;
    const found = byPack.get(pack) ?? new Map<string, Determination>();
    byPack.set(pack, found.set(JSON.stringify([model, use]), { model, use, inScope }));
  }
  for (const { statement } of recordsOfType(set, 'policy-document')) {
    const { kind, content } = statement.predicate;
    if (kind === 'framework-pack') adopted.add(idOf(content.pack));
  }
  return {
    concern: (pack, of) =>
      concernOf([...(byPack.get(pack)?.values() ?? [])], adopted.has(pack), of),
  };
}

function concernOf(
  all: readonly Determination[],
  isAdopted: boolean,
  { model, use }: { readonly model?: string | undefined; readonly use?: string | undefined },
): PackConcern {
  const isUsed = isAdopted || all.some(({ inScope }) => inScope);
  if (model === undefined) return isUsed ? 'in-scope' : 'out-of-scope';
  const about = all.filter(
    (one) => one.model === model && (use === undefined || one.use === undefined || one.use === use),
  );
  if (about.some(({ inScope }) => inScope)) return 'in-scope';
  if (about.length > 0) return 'out-of-scope';
  return isUsed ? 'undetermined' : 'out-of-scope';
}

function idOf(pack: unknown): string {
  const isObject = typeof pack === 'object' && pack !== null && 'id' in pack;
  return isObject && typeof pack.id === 'string' ? pack.id : '';
}
