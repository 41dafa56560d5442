// SPDX-License-Identifier: Apache-2.0
import type { EvidenceResult } from '@countersign/kernel';
import type { OscalClause, OscalInput, OscalJson } from './oscal-input.ts';
import {
  backMatter,
  controlId,
  evidenceRecords,
  metadataOf,
  nameOf,
  resourceUuid,
  uuidOf,
} from './oscal-parts.ts';

const SATISFIED: ReadonlySet<string> = new Set(['met', 'carried']);
const LACKING: ReadonlySet<string> = new Set(['missing', 'stale', 'expired', 'waived']);

/**
 * OSCAL assessment results (NIST OSCAL 1.2, assessment-results model) of one model version: an observation for each evidence item
 * with a record, a finding for each control, a risk for each gap. What is not due yet is neither satisfied nor found lacking
 * and stands in the remarks of the result. A pure function of its input.
 */
export function oscalAssessmentResults(input: OscalInput): OscalJson {
  const { context, pack, asOf } = input;
  const name = nameOf(input);
  const judged = input.clauses.filter(
    ({ clause, status }) =>
      controlId(clause) !== undefined && (SATISFIED.has(status) || LACKING.has(status)),
  );
  const observations = judged.flatMap((clause) => observationsOf(input, clause));
  const risks = judged.flatMap((clause) => riskOf(input, clause) ?? []);
  const others = input.clauses.length - judged.length;
  return {
    'assessment-results': {
      uuid: uuidOf('assessment-results', name, String(input.asOfIndex)),
      metadata: metadataOf(
        input,
        `${context.model}, version ${context.version}: assessment under ${pack.title}`,
      ),
      // Evidence is due by rules of the pack, which takes the place of an assessment plan.
      'import-ap': { href: `/v1/packs/${pack.id}`, remarks: `Pack ${pack.id} ${pack.version}.` },
      results: [
        {
          uuid: uuidOf('result', name, String(input.asOfIndex)),
          title: `As of log position ${input.asOfIndex}`,
          description: 'Completeness of evidence as the kernel computes it from signed records.',
          start: asOf,
          end: asOf,
          'reviewed-controls': { 'control-selections': [selectionOf(judged)] },
          ...(observations.length === 0 ? {} : { observations }),
          ...(risks.length === 0 ? {} : { risks }),
          ...(judged.length === 0
            ? {}
            : { findings: judged.map((clause) => findingOf(input, clause)) }),
          remarks: `${others} clauses are not yet due, do not apply or name no control.`,
        },
      ],
      ...backMatter(evidenceRecords(input)),
    },
  };
}

function selectionOf(clauses: readonly OscalClause[]): OscalJson {
  const controls = [...new Set(clauses.flatMap(({ clause }) => controlId(clause) ?? []))].sort();
  return controls.length === 0
    ? { description: 'No control is due yet.' }
    : { 'include-controls': controls.map((id) => ({ 'control-id': id })) };
}

function observationUuid(input: OscalInput, clause: OscalClause, item: EvidenceResult): string {
  return uuidOf('observation', nameOf(input), clause.clause, item.id, item.kind ?? '');
}

function observationsOf(input: OscalInput, clause: OscalClause): readonly OscalJson[] {
  return clause.evidence
    .filter(({ records }) => records.length > 0)
    .map((item) => {
      const latest = input.set.byDigest.get(item.records.at(-1) ?? '');
      return {
        uuid: observationUuid(input, clause, item),
        title: item.kind === undefined ? item.id : `${item.id} (${item.kind})`,
        description: `${item.records.length} records in force for the version; status ${item.status}.`,
        methods: ['EXAMINE'],
        types: ['control-objective'],
        'relevant-evidence': item.records.map((digest) => ({
          href: `#${resourceUuid(digest)}`,
          description: `Record ${digest}`,
        })),
        collected: latest?.loggedAt ?? input.asOf,
      };
    });
}

function riskUuid(input: OscalInput, { clause }: OscalClause): string {
  return uuidOf('risk', nameOf(input), clause);
}

function riskOf(input: OscalInput, clause: OscalClause): OscalJson | undefined {
  if (!LACKING.has(clause.status)) return undefined;
  const lacking = clause.evidence.filter(({ status }) => LACKING.has(status));
  const named = lacking.map(({ id, status }) => `${id} is ${status}`).join('; ');
  return {
    uuid: riskUuid(input, clause),
    title: `${clause.clause}: ${clause.status}`,
    description: `${clause.requirement}`,
    statement: named,
    // A waiver is a person's signed acceptance until a date.
    status: clause.status === 'waived' ? 'deviation-approved' : 'open',
  };
}

function findingOf(input: OscalInput, clause: OscalClause): OscalJson {
  const isSatisfied = SATISFIED.has(clause.status);
  const observed = clause.evidence.filter(({ records }) => records.length > 0);
  return {
    uuid: uuidOf('finding', nameOf(input), clause.clause),
    title: clause.clause,
    description: clause.requirement,
    target: {
      type: 'objective-id',
      'target-id': controlId(clause.clause),
      status: { state: isSatisfied ? 'satisfied' : 'not-satisfied' },
    },
    ...(observed.length === 0
      ? {}
      : {
          'related-observations': observed.map((item) => ({
            'observation-uuid': observationUuid(input, clause, item),
          })),
        }),
    ...(isSatisfied ? {} : { 'related-risks': [{ 'risk-uuid': riskUuid(input, clause) }] }),
  };
}
