// SPDX-License-Identifier: Apache-2.0
import {
  type JudgedCondition,
  judgeChangeRequest,
  type RecordSet,
  recordsOfType,
  type VersionContext,
} from '@countersign/kernel';
import {
  assembleDocument,
  type Block,
  type Cell,
  cite,
  evidenceName,
  type Inline,
  paragraph,
  plain,
  tableBlock,
  versionRows,
  versionTitle,
} from '../../dossier/index.ts';
import { type EvidenceStatusReport, evidenceStatus } from '../../registry/index.ts';
import type { CompiledDocument, DocumentKind, DocumentRequest } from '../document-kind.ts';
import { ofVersion, versionSubject } from '../version-subject.ts';

const ID = 'doc/clause-coverage-matrix';
const TITLE = 'Clause coverage matrix';
const OPEN: ReadonlySet<string> = new Set(['missing', 'stale', 'expired']);

type Clause = EvidenceStatusReport['clauses'][number];
type Item = Clause['evidence'][number];

/** For one version and every pack in scope, or the one named: each clause with its status, evidence and gaps, and the gates. */
export const CLAUSE_MATRIX: DocumentKind = { ids: [ID], compile: compileMatrix };

function compileMatrix(request: DocumentRequest): CompiledDocument {
  const { set, params } = request;
  const { context, facts } = versionSubject(request);
  const reports = evidenceStatus(set, context, { now: facts.asOf, framework: params.framework });
  const gates = gateBlocks(set, context, facts.asOf);
  const sections = [
    ...reports.map((report, index) => ({
      number: index + 1,
      title: `${report.framework} ${report.packVersion}`,
      evidence: evidenceOf(report),
      blocks: [summaryOf(report), ...matrix(report)],
    })),
    { number: reports.length + 1, title: 'Gates', evidence: [], blocks: gates },
  ];
  const used = new Set(reports.flatMap(digestsOf));
  const model = assembleDocument({
    id: ID,
    title: TITLE,
    subtitle: versionTitle(context, facts),
    kicker: facts.firm,
    shortTitle: `${TITLE} · ${context.model}@${context.version}`,
    asOf: facts.asOf,
    demonstration: facts.demonstration,
    meta: versionRows(context, facts),
    summary: overview(reports),
    sections,
    sources: set.records.filter(({ digest }) => used.has(digest)),
    people: facts.people,
  });
  const packs = reports.map(({ pack }) => pack);
  return { model, template: 'clause-coverage-matrix@1', sources: packs, ...ofVersion(context) };
}

function overview(reports: readonly EvidenceStatusReport[]): readonly Block[] {
  if (reports.length === 0)
    return [paragraph('No framework pack is in scope for this use of the model.')];
  const count = (report: EvidenceStatusReport, wanted: (clause: Clause) => boolean) =>
    String(report.clauses.filter(wanted).length);
  const number = (title: string) => ({ title, align: 'right' as const });
  return tableBlock(
    [
      'Pack',
      'Version',
      number('Clauses'),
      number('Met'),
      number('Gaps'),
      number('That block'),
      number('Not due'),
    ],
    reports.map((report) => [
      report.framework,
      report.packVersion,
      String(report.clauses.length),
      count(report, ({ status }) => status === 'met' || status === 'carried'),
      count(report, ({ status }) => OPEN.has(status)),
      String(report.blocking),
      count(report, ({ status }) => status === 'not yet due'),
    ]),
    { caption: 'Clauses by pack' },
  );
}

function summaryOf({ tier, reached, inScope }: EvidenceStatusReport): Block {
  const scope = inScope ? 'in scope' : 'not in scope of this use';
  return paragraph(`The pack is ${scope}. Judged at ${tier} tier for what is due by ${reached}.`);
}

function matrix({ clauses, pack }: EvidenceStatusReport): readonly Block[] {
  return tableBlock(
    ['Clause', 'Requirement', 'Status', 'Evidence', 'Records'],
    clauses.flatMap((clause) => clauseRows(clause)),
    { caption: 'Clauses with their evidence', cite: pack },
  );
}

/** A row for each evidence item, so that every record stands beside its own status. */
function clauseRows(clause: Clause): readonly (readonly (Cell | string)[])[] {
  return clause.evidence.map((item, index) => {
    const first = index === 0;
    const latest = item.records.at(-1);
    return [
      first ? { text: clause.clause, style: 'strong' as const } : '',
      first ? clause.requirement : '',
      statusCell(clause, item),
      evidenceName(item.kind === undefined ? item.id : `${item.id}, ${item.kind}`),
      {
        text: item.records.length === 0 ? 'none' : `${item.records.length}`,
        ...(latest !== undefined && { cite: latest }),
      },
    ];
  });
}

function statusCell({ blocks }: Clause, item: Item): Cell {
  const told = toldOf(item);
  const text = told === '' ? item.status : `${item.status}, ${told}`;
  if (!OPEN.has(item.status)) return { text };
  return { text: blocks ? `${text}; blocks` : text, style: 'strong' };
}

function toldOf({ status, since, carriedFrom, until, waivedBy, due }: Item): string {
  if (waivedBy !== undefined) return `by ${waivedBy.accounts.join(', ')}`;
  if (status === 'not yet due') return `due at ${due}`;
  if (status === 'expired' && until !== undefined) return `on ${until.slice(0, 10)}`;
  if (status !== 'carried' || since === undefined) return '';
  return `since ${since.slice(0, 10)}${carriedFrom === undefined ? '' : `, from version ${carriedFrom}`}`;
}

function evidenceOf({ clauses }: EvidenceStatusReport) {
  return clauses.flatMap(({ evidence }) =>
    evidence.map(({ id, kind, status, records }) => ({
      id: kind === undefined ? id : `${id}, ${kind}`,
      status,
      digests: records,
    })),
  );
}

function digestsOf({ clauses }: EvidenceStatusReport): readonly string[] {
  return clauses.flatMap(({ evidence }) => evidence.flatMap(({ records }) => records));
}

/** The newest change request of the version towards each stage, judged on what the log held. */
function gateBlocks(set: RecordSet, context: VersionContext, now: string): readonly Block[] {
  const requests = recordsOfType(set, 'change-record').filter(
    ({ statement: { predicate } }) =>
      predicate.subjectRef.model === context.model &&
      predicate.subjectRef.version === context.version &&
      predicate.subjectRef.use === context.use,
  );
  if (requests.length === 0)
    return [paragraph('No change request of this version is on record, so no gate has judged it.')];
  return requests.flatMap(({ digest, statement, loggedAt }) => {
    const verdict = judgeChangeRequest(set, digest, { phase: 'promote', now });
    const stage = String(statement.predicate.content.transition);
    const text: readonly (string | Inline)[] = [
      `Change request to ${stage} of ${loggedAt.slice(0, 10)} `,
      cite(digest),
      plain(verdict.allowed ? ': every gate passes.' : ': not every gate passes.', 'strong'),
    ];
    return [
      paragraph(...text),
      ...tableBlock(['Gate', 'Condition', 'Outcome', 'Why'], verdict.conditions.map(conditionRow), {
        caption: `Conditions of ${stage}`,
        cite: digest,
      }),
    ];
  });
}

/** Every gap stands in the tables of the packs. */
const REASONS_MAX = 3;

function conditionRow({ gate, id, outcome, reasons }: JudgedCondition) {
  const strong = outcome === 'pass' || outcome === 'excepted' ? {} : { style: 'strong' as const };
  const more = reasons.length > REASONS_MAX ? [`and ${reasons.length - REASONS_MAX} more`] : [];
  const why = [...reasons.slice(0, REASONS_MAX), ...more].join('; ');
  return [gate, id, { text: outcome, ...strong }, why];
}
