// SPDX-License-Identifier: Apache-2.0
import { completeness, type RecordSet } from '@countersign/kernel';
import { compileDocument, type DocumentInput, recordsInForce } from '../dossier/index.ts';
import { ServerError } from '../errors.ts';
import {
  carriedEvidence,
  evidenceStatus,
  type PackInForce,
  packsInForce,
} from '../registry/index.ts';
import type { CompiledDocument, DocumentKind, DocumentRequest } from './document-kind.ts';
import { ofVersion, versionSubject } from './version-subject.ts';
import { withinPeriod } from './within-period.ts';

/** Whatever a pack in force outlines about a version, section by section from its evidence ids. */
export const PACK_DOCUMENT: DocumentKind = { ids: [], compile: compilePackDocument };

function compilePackDocument(request: DocumentRequest): CompiledDocument {
  const { set, params } = request;
  const found = packOf(request);
  const { context, facts } = versionSubject(request);
  const { asOf, tier, origin } = facts;
  const [status] = evidenceStatus(set, context, { now: asOf, framework: found.pack.id });
  const carried = carriedEvidence(set, context, asOf);
  const textDigest = set.byDigest.get(found.digest)?.statement.predicate.content.textDigest;
  const records = withCarried(set, recordsInForce(set, context), carried);
  const model = compileDocument({
    pack: {
      pack: found.pack,
      digest: typeof textDigest === 'string' ? textDigest : found.digest,
    },
    document: params.document,
    records: withinPeriod(records, params),
    results: completeness(set, context, found.pack, {
      tier,
      origin,
      reached: status?.reached ?? 'candidate',
      now: asOf,
      carried,
    }),
    context,
    facts,
  });
  const template = `${found.pack.id}@${found.pack.version}`;
  return { model, template, sources: [found.digest], ...ofVersion(context) };
}

function packOf({ set, params: { document, framework } }: DocumentRequest): PackInForce {
  const packs = packsInForce(set);
  const found = packs.find(
    ({ pack }) =>
      pack.documents.some(({ id }) => id === document) &&
      (framework === undefined || pack.id === framework),
  );
  if (found !== undefined) return found;
  const known = packs.flatMap(({ pack }) => pack.documents.map(({ id }) => id));
  const named = framework === undefined ? 'no pack in force' : `no pack \`${framework}\` in force`;
  throw new ServerError(
    'document_unknown',
    `${named} has the document \`${document}\`; there are ${[...new Set(known)].join(', ') || 'none'}`,
    { details: { document } },
  );
}

/** What was written about the version in production and stands for this one is printed where its own would be. */
function withCarried(
  set: RecordSet,
  own: DocumentInput['records'],
  carried: ReadonlyMap<string, string>,
): DocumentInput['records'] {
  const known = new Set(own.map(({ digest }) => digest));
  const more = [...carried.values()].flatMap((digest) =>
    known.has(digest) ? [] : (set.byDigest.get(digest) ?? []),
  );
  return [...own, ...more].sort((a, b) => a.index - b.index);
}
