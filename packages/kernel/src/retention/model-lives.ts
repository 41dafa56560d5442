// SPDX-License-Identifier: Apache-2.0
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import type { Moment } from './thing-kinds.ts';

type Moments = { readonly [moment in Moment]?: string };

interface WarrantSpan {
  readonly model: string;
  readonly use: string | undefined;
  readonly version: number | undefined;
  readonly environment: string;
  readonly from: string;
  readonly until: string;
  readonly retired?: string;
}

/** When versions and models began, ended and were retired, as warrants and their endings tell. */
export interface ModelLives {
  /** Of a version, or of the whole model where none is named. A moment that has not come is absent. */
  momentsOf(ref: { readonly model?: string; readonly version?: number }): Moments;
}

/** What has no end on record runs for ever: nothing of it is deleted. */
const NEVER_ENDS = '9999-12-31T23:59:59.999Z';
const FINAL: ReadonlySet<string> = new Set(['revoke', 'retire']);

/**
 * Every warrant that the platform signed counts here, also one that no gateway would take: it can only make what is kept
 * be kept longer. A suspension ends nothing.
 */
export function modelLives(set: RecordSet): ModelLives {
  const byModel = Map.groupBy(spansOf(set), ({ model }) => model);
  const known = new Map<string, Moments>();
  return {
    momentsOf: ({ model, version }) => {
      if (model === undefined) return {};
      const key = `${model}@${version ?? ''}`;
      const found = known.get(key) ?? momentsIn(byModel.get(model) ?? [], version);
      known.set(key, found);
      return found;
    },
  };
}

function spansOf(set: RecordSet): readonly WarrantSpan[] {
  const deployments = recordsOfType(set, 'deployment-record');
  const endings = Map.groupBy(
    deployments.filter(({ statement }) => FINAL.has(statement.predicate.kind ?? '')),
    ({ statement }) => String(statement.predicate.content.warrant),
  );
  return deployments.flatMap((record) => {
    const { kind, subjectRef } = record.statement.predicate;
    if ((kind !== 'promote' && kind !== 'legacy') || subjectRef.model === undefined) return [];
    return [spanOf(record, subjectRef.model, endings.get(record.digest) ?? [])];
  });
}

function spanOf(
  record: CountedRecord,
  model: string,
  endings: readonly CountedRecord[],
): WarrantSpan {
  const { content, subjectRef } = record.statement.predicate;
  const expires = typeof content.expires === 'string' ? content.expires : NEVER_ENDS;
  const until = [expires, ...endings.map(({ loggedAt }) => loggedAt)].sort()[0] ?? NEVER_ENDS;
  const retired = endings.find(({ statement }) => statement.predicate.kind === 'retire')?.loggedAt;
  return {
    model,
    use: subjectRef.use,
    version: subjectRef.version,
    environment: String(content.environment ?? 'production'),
    from: record.loggedAt,
    until,
    ...(retired === undefined ? {} : { retired }),
  };
}

function momentsIn(spans: readonly WarrantSpan[], version: number | undefined): Moments {
  const own = version === undefined ? spans : spans.filter((span) => span.version === version);
  const production = own.filter(({ environment }) => environment === 'production');
  const endOfUse = lastOf(own.map(({ until }) => until));
  const placed = lastOf(
    [...Map.groupBy(production, (span) => span.version).values()].flatMap(
      (ofVersion) => ofVersion.map(({ from }) => from).sort()[0] ?? [],
    ),
  );
  const supersession = supersededOn(spans, production, version);
  const retirement = retiredOn(spans);
  return {
    ...(endOfUse === undefined ? {} : { 'end-of-use': endOfUse }),
    ...(placed === undefined ? {} : { placed }),
    ...(supersession === undefined ? {} : { supersession }),
    ...(retirement === undefined ? {} : { retirement }),
  };
}

/** When the last of its uses had a later version authorised for production. */
function supersededOn(
  spans: readonly WarrantSpan[],
  production: readonly WarrantSpan[],
  version: number | undefined,
): string | undefined {
  if (version === undefined || production.length === 0) return undefined;
  const uses = [...new Set(production.map(({ use }) => use))];
  const later = uses.map(
    (use) =>
      spans
        .filter((one) => one.environment === 'production' && one.use === use)
        .filter((one) => one.version !== undefined && one.version > version)
        .map(({ from }) => from)
        .sort()[0],
  );
  if (later.some((time) => time === undefined)) return undefined;
  return lastOf(later.filter((time) => time !== undefined));
}

/**
 * A model's life ends when the newest warrant of each of its uses was retired; never by warrants that merely expired or
 * were revoked. One that was authorised again lives.
 */
function retiredOn(spans: readonly WarrantSpan[]): string | undefined {
  const newest = [...Map.groupBy(spans, ({ use }) => use).values()].map(
    (ofUse) => ofUse.toSorted((a, b) => (a.from < b.from ? -1 : 1)).at(-1)?.retired,
  );
  if (newest.length === 0 || newest.some((retired) => retired === undefined)) return undefined;
  return lastOf([
    ...newest.filter((retired) => retired !== undefined),
    ...spans.map(({ until }) => until),
  ]);
}

function lastOf(times: readonly string[]): string | undefined {
  return [...times].sort().at(-1);
}
