// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type CountedRecord, canonicalBytes, toHex } from '@countersign/kernel';
import {
  type Block,
  contentOf,
  NUMBER,
  paragraph,
  shownTime,
  tableBlock,
  textOf,
} from '../../dossier/index.ts';
import { ServerError } from '../../errors.ts';
import type { CompiledDocument, DocumentKind, DocumentRequest } from '../document-kind.ts';
import { firmDocument, firmSection } from '../firm-subject.ts';

const ID = 'doc/soc2-population';
const TITLE = 'Population of changes and deployments';

interface Period {
  readonly from: string;
  readonly to: string;
}

/**
 * Every change request and every deployment of a period, in log order, with what shows that none is left out: an auditor draws
 * a sample from it (SOC 2, CC8.1; AICPA guide on populations and samples).
 */
export const CHANGE_POPULATION: DocumentKind = { ids: [ID], compile: compilePopulation };

function compilePopulation(request: DocumentRequest): CompiledDocument {
  const period = periodOf(request);
  const within = request.set.records.filter(
    ({ loggedAt }) => loggedAt >= period.from && loggedAt < period.to,
  );
  const ofType = (type: string) =>
    within.filter(
      ({ statement: { predicate } }) =>
        predicate.type === type && predicate.subjectRef.workspace === request.workspace,
    );
  const changes = ofType('change-record');
  const deployments = ofType('deployment-record');
  const exceptions = changes.filter((record) => contentOf(record).class === 'emergency');
  return firmDocument(request, {
    id: ID,
    title: TITLE,
    subtitle: `${period.from.slice(0, 10)} to ${period.to.slice(0, 10)}`,
    template: 'soc2-population@1',
    meta: [['Period', `${shownTime(period.from)} up to, not including, ${shownTime(period.to)}`]],
    summary: [
      paragraph(
        `${changes.length} change requests and ${deployments.length} deployments are on record in the period; ${exceptions.length} changes were emergencies.`,
      ),
    ],
    sections: [
      firmSection(1, 'Change requests', listed('change-record', changes)),
      firmSection(2, 'Deployments', listed('deployment-record', deployments)),
      firmSection(3, 'Emergency changes', listed('change-record', exceptions)),
      firmSection(4, 'Completeness', completeness(request, within, [...changes, ...deployments])),
    ],
  });
}

function periodOf({ params }: DocumentRequest): Period {
  const { from, to } = params;
  if (from !== undefined && to !== undefined && from < to) return { from, to };
  throw new ServerError(
    'job_invalid',
    `\`${ID}\` is about a period; give \`--from\` and \`--to\`, the first before the second`,
    { details: { field: 'params.from' } },
  );
}

function listed(evidence: string, records: readonly CountedRecord[]) {
  const blocks: readonly Block[] = tableBlock(
    [
      { title: 'Position', ...NUMBER },
      'Logged',
      'What',
      'Model',
      { title: 'Version', ...NUMBER },
      'By',
      'Why',
    ],
    records.map((record) => {
      const { kind, subjectRef, actor, content } = record.statement.predicate;
      const towards = textOf(content.transition) ?? textOf(content.environment) ?? '';
      return [
        String(record.index),
        shownTime(record.loggedAt),
        { text: `${kind ?? evidence}${towards === '' ? '' : `, ${towards}`}`, cite: record.digest },
        subjectRef.model ?? '',
        String(subjectRef.version ?? ''),
        actor,
        textOf(content.reason) ?? '',
      ];
    }),
    { caption: 'In the order of the log' },
  );
  return {
    evidence,
    digests: records.map(({ digest }) => digest),
    blocks: blocks.length > 0 ? blocks : [paragraph('None in the period.')],
  };
}

/** Every position of the range is a record of the log; the digest of the list lets an auditor compare it with the log. */
function completeness(
  { set }: DocumentRequest,
  within: readonly CountedRecord[],
  population: readonly CountedRecord[],
) {
  const [first, last] = [within.at(0), within.at(-1)];
  if (first === undefined || last === undefined) {
    return {
      evidence: 'integrity-check',
      digests: [],
      blocks: [paragraph('The log holds nothing in the period.')],
    };
  }
  const digests = population.map(({ digest }) => digest).sort();
  const hash = createHash('sha256').update(canonicalBytes(digests)).digest();
  const rejected = set.rejected.length;
  const rows = [
    ['Log positions of the period', `${first.index} to ${last.index}`],
    ['Records that count among them', String(within.length)],
    ['Of these, changes and deployments', String(population.length)],
    ['Records of the whole log that do not count', String(rejected)],
    ['SHA-256 over their sorted digests', toHex(hash)],
  ] as const;
  return {
    evidence: 'integrity-check',
    digests: [],
    blocks: [
      {
        kind: 'facts' as const,
        cite: last.digest,
        rows: rows.map(([label, value]) => ({
          label,
          value: [
            {
              kind: 'text' as const,
              text: value,
              ...(value.length === 64 && { style: 'code' as const }),
            },
          ],
        })),
      },
      paragraph(
        'Positions between these that are not listed hold records of other kinds, among them headers of decisions; `countersign ledger verify` goes through all of them.',
      ),
    ],
  };
}
