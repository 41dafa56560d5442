// SPDX-License-Identifier: Apache-2.0
import type { VersionContext } from '@countersign/kernel';
import { type Block, cite, plain } from './document.ts';
import { contentOf, type DossierRecord, rowsOf, textOf } from './presenters/content.ts';

/**
 * Stands in front of every document about a version that did not come back byte for byte (design: each verdict but the
 * first prints in every document); nothing for one that did, and for one that nobody has rebuilt, which is a gap.
 */
export function rebuildNotice(
  records: readonly DossierRecord[],
  context: VersionContext,
): readonly Block[] {
  const attestation = records.findLast(({ statement: { predicate } }) => {
    const { type, subjectRef } = predicate;
    return (
      type === 'reproduction-attestation' &&
      subjectRef.version === context.version &&
      subjectRef.artifactDigest === context.artifactDigest
    );
  });
  if (attestation === undefined) return [];
  const content = contentOf(attestation);
  const verdict = textOf(content.verdict) ?? 'none';
  if (verdict === 'byte-identical') return [];
  const cause = causesOf(content.diagnoses);
  const text = [
    plain(
      'Rebuilt from its archived parts, this version did not come back byte for byte. Verdict: ',
    ),
    plain(verdict, 'strong'),
    plain(`.${cause} Its use rests on a signed exception: `),
    cite(attestation.digest),
    plain('.'),
  ];
  return [{ kind: 'notice', tone: 'stale', text }];
}

function causesOf(diagnoses: Parameters<typeof rowsOf>[0]): string {
  const found = rowsOf(diagnoses).flatMap(({ causes }) =>
    rowsOf(causes).map(({ cause }) => textOf(cause) ?? ''),
  );
  return found.length === 0 ? '' : ` Likely cause: ${[...new Set(found)].join(', ')}.`;
}
