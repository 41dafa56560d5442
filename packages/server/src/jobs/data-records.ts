// SPDX-License-Identifier: Apache-2.0
import type {
  DataQualityContent,
  DatasetSnapshotContent,
  RepresentativenessContent,
} from '@countersign/kernel';
import {
  type Dataset,
  type DatasetSnapshot,
  type FolderSnapshot,
  recordedOrigin,
  type SplitSnapshot,
  toRecordJson,
} from '@countersign/pipeline';
import { measureChecks } from './data-measure-checks.ts';

/** One record for each split, and one for the whole as read (sealed rows included) of a dataset that is split. */
export function snapshotContents(
  snapshot: DatasetSnapshot,
  dataset: Dataset | undefined,
  personal: ReadonlyMap<string, string> = new Map(),
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
      origin: originFacts(snapshot.origin),
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
  const all = splits.some(({ split }) => split === whole.split) ? splits : [whole, ...splits];
  return all.map((content) => withKey(content, personal));
}

/** SHA-256 of `[]`: other files are no other schema. */
const NO_COLUMNS = '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945';

/** A dataset that is files: nothing in it was measured but what it is. */
export function folderContent(
  { dataset, content, files, links, bytes }: FolderSnapshot,
  declared: Dataset | undefined,
  personal: ReadonlyMap<string, string> = new Map(),
): DatasetSnapshotContent {
  const snapshot: DatasetSnapshotContent = {
    dataset,
    split: 'all',
    sealed: false,
    contentDigest: content.digest,
    schemaDigest: NO_COLUMNS,
    format: 'folder',
    rows: files,
    columns: [],
    profile: null,
    source: toRecordJson({
      ...declared?.source,
      origin: { snapshot: content.digest },
      sampling: declared?.sampling,
      totals: { files, links, bytes },
    }),
    exclusions: toRecordJson({ rows: [], columns: [] }),
  };
  return withKey(snapshot, personal);
}

/** What is sealed at rest says under which key. */
function withKey(
  content: DatasetSnapshotContent,
  personal: ReadonlyMap<string, string>,
): DatasetSnapshotContent {
  const encryptionKey = personal.get(content.contentDigest);
  return encryptionKey === undefined ? content : { ...content, encryptionKey };
}

/** The parts of a data version are in its manifest, which is kept: thousands of them fit into no record. */
function originFacts(origin: DatasetSnapshot['origin']): object {
  if (!('snapshot' in origin) || !('parts' in origin) || !('file' in origin))
    return recordedOrigin(origin);
  return { snapshot: origin.snapshot, file: origin.file, parts: origin.parts.length };
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
  const { measures } = snapshot;
  return {
    dataset: snapshot.dataset,
    checks: [
      ...totals,
      ...checks,
      duplicates,
      ...(measures === undefined ? [] : measureChecks(measures)),
    ],
    ...(measures === undefined ? {} : { measures: toRecordJson(measures) }),
  };
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
