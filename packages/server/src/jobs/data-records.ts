// SPDX-License-Identifier: Apache-2.0
import type {
  DataQualityContent,
  DatasetSnapshotContent,
  RepresentativenessContent,
} from '@countersign/kernel';
import {
  type Dataset,
  type DatasetSnapshot,
  type SplitSnapshot,
  toRecordJson,
} from '@countersign/pipeline';

/** One record for each split, and one for the whole as read (sealed rows included) of a dataset that is split. */
export function snapshotContents(
  snapshot: DatasetSnapshot,
  dataset: Dataset | undefined,
): readonly DatasetSnapshotContent[] {
  const common = {
    dataset: snapshot.dataset,
    schemaDigest: snapshot.schemaDigest,
    format: snapshot.format,
    columns: snapshot.columns.map(({ name, type, roles }) => ({
      name,
      type,
      ...(roles.length === 0 ? {} : { role: roles.join(' ') }),
    })),
    source: toRecordJson({
      ...dataset?.source,
      origin: snapshot.origin,
      sampling: dataset?.sampling,
      controlTotals: snapshot.controlTotals,
    }),
    exclusions: toRecordJson({ rows: snapshot.exclusions, columns: snapshot.withheldColumns }),
  };
  const whole: DatasetSnapshotContent = {
    ...common,
    split: 'all',
    sealed: snapshot.splits.some(({ access }) => access === 'sealed'),
    contentDigest: snapshot.content.digest,
    rows: snapshot.rowsRead,
    profile: null,
  };
  const splits = snapshot.splits.map((split) => splitContent(split, common));
  return splits.some(({ split }) => split === whole.split) ? splits : [whole, ...splits];
}

function splitContent(
  split: SplitSnapshot,
  common: Omit<DatasetSnapshotContent, 'split' | 'sealed' | 'contentDigest' | 'rows' | 'profile'>,
): DatasetSnapshotContent {
  return {
    ...common,
    split: split.split,
    sealed: split.access === 'sealed',
    contentDigest: split.content.digest,
    rows: split.rows,
    profile: toRecordJson({
      rule: split.rule,
      access: split.access,
      labels: split.access === 'steps' ? split.labels : [],
      columns: split.profile,
    }),
  };
}

export function qualityContent(snapshot: DatasetSnapshot): DataQualityContent {
  const totals = snapshot.controlTotals.map(({ what, declared, found, agrees }) => ({
    check: `control total: ${what}`,
    severity: 'error',
    threshold: declared,
    value: found,
    result: agrees ? ('pass' as const) : ('fail' as const),
  }));
  const checks = snapshot.quality.map((one) => ({
    check: one.subject,
    severity: one.severity,
    threshold: one.threshold,
    value: one.measured,
    result: qualityResult(one),
  }));
  const duplicates = {
    check: 'rows equal in everything but the id',
    severity: 'information',
    threshold: 'none set',
    value: String(snapshot.duplicates),
    result: 'pass' as const,
  };
  return { dataset: snapshot.dataset, checks: [...totals, ...checks, duplicates] };
}

function qualityResult(one: { readonly passed: boolean; readonly severity: string }) {
  if (one.passed) return 'pass' as const;
  return one.severity === 'error' ? ('fail' as const) : ('warn' as const);
}

export function representativenessContent(
  snapshot: DatasetSnapshot,
  dataset: Dataset | undefined,
): RepresentativenessContent {
  const population = dataset?.population;
  const text = typeof population === 'string' ? population : (population?.represents ?? '');
  const groups = snapshot.representativeness.flatMap(({ attribute, groups: shares }) =>
    shares.map(({ group, rows, share, declared }) => ({
      attribute,
      group,
      rows,
      share,
      ...(declared === null ? {} : { declared }),
    })),
  );
  return {
    dataset: snapshot.dataset,
    population: text === '' ? 'not stated' : text,
    groups,
    conclusion: representativenessConclusion(snapshot),
  };
}

/** Says what was compared, never more: without declared shares there is nothing to conclude from. */
function representativenessConclusion(snapshot: DatasetSnapshot): string {
  if (snapshot.representativeness.length === 0) {
    return 'No protected attribute is declared, so no group was counted.';
  }
  return snapshot.representativeness
    .map(({ attribute, distance, warning }) => {
      const compared =
        distance === null
          ? `${attribute}: groups are counted; no population shares are declared to compare them with.`
          : `${attribute}: total variation distance ${distance} from the declared population shares.`;
      return warning === null ? compared : `${compared} ${warning}`;
    })
    .join(' ');
}
