// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../document.ts';
import { paragraph } from '../document.ts';
import {
  contentOf,
  type DossierRecord,
  factsBlock,
  fieldsOf,
  limitText,
  NUMBER,
  type Presenter,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';
import { metricName } from './metric-names.ts';

export const presentInventoryEntry: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    return factsBlock(
      [
        ['Name', content.name],
        ['Purpose', content.purpose],
        ['Owner', content.owner],
        ['Developer', content.developer],
        ['Origin', content.origin],
        ['Kind', content.kind],
        ['Vendor', content.vendor],
        ['In use since', content.inUseSince],
        ['Assumptions', content.assumptions],
        ['Sources', content.sources],
        ['Business line', content.businessLine],
        ['Jurisdictions', content.jurisdictions],
        ['Uses', content.uses],
        ['Signed by', record.statement.predicate.actor],
      ],
      record.digest,
    );
  });

export const presentScopeDetermination: Presenter = (records) =>
  tableBlock(
    ['Framework', 'In scope', 'Reason', 'Revisit when', 'Decided by', 'Decided on'],
    records.map((record) => {
      const content = contentOf(record);
      return [
        { text: textOf(content.pack) ?? '', cite: record.digest },
        textOf(content.inScope),
        textOf(content.rationale),
        textOf(content.revisitTrigger),
        record.statement.predicate.actor,
        record.statement.predicate.claimedAt.slice(0, 10),
      ];
    }),
    { caption: 'Which frameworks concern the model, and why' },
  );

export const presentRiskTier: Presenter = (records) => records.flatMap(riskTierBlocks);

function riskTierBlocks(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const questionnaire = fieldsOf(content.questionnaire);
  return [
    ...factsBlock(
      [
        ['Tier', content.tier],
        ['Computed tier', content.computed],
        ['Reason for override', content.override],
        ['Points', content.points],
        [
          'Questionnaire',
          `${textOf(questionnaire.id) ?? ''} ${textOf(questionnaire.version) ?? ''}`.trim(),
        ],
        ['Fair lending applies', content.fairLending],
        ['Signed by', record.statement.predicate.actor],
      ],
      record.digest,
    ),
    ...tableBlock(
      ['Question', 'Answer', { title: 'Points', ...NUMBER }],
      rowsOf(content.answers).map((row) => [
        textOf(row.text),
        textOf(row.answer),
        textOf(row.points),
      ]),
      { caption: 'Answers that give the tier', cite: record.digest },
    ),
    ...tableBlock(
      ['Attribute', 'Reference group'],
      rowsOf(content.groups).map((row) => [textOf(row.attribute), textOf(row.reference)]),
      { caption: 'Protected attributes and reference groups', cite: record.digest },
    ),
    ...tableBlock(
      ['Metric', { title: 'Least strict limit', ...NUMBER }],
      rowsOf(content.floors).map((row) => [
        metricName(textOf(row.metric) ?? ''),
        limitText(row.op, row.value),
      ]),
      { caption: 'Threshold floors', cite: record.digest },
    ),
  ];
}

export const presentRoleAssignment: Presenter = (records) =>
  tableBlock(
    ['Account', 'Role', 'From', 'Competence', 'Declared conflicts'],
    records.map((record) => {
      const content = contentOf(record);
      return [
        { text: textOf(content.principal) ?? '', cite: record.digest },
        textOf(content.role),
        textOf(content.from)?.slice(0, 10),
        textOf(content.competence),
        textOf(content.conflicts),
      ];
    }),
    { caption: 'Who holds which duty' },
  );

export const presentPolicyDocument: Presenter = (records) =>
  records.length === 0
    ? []
    : [
        paragraph('Policies and packs in force:'),
        ...tableBlock(
          ['Document', 'Version', 'Kind', 'SHA-256 of the text'],
          records.map((record) => {
            const content = contentOf(record);
            return [
              { text: textOf(content.title) ?? '', cite: record.digest },
              textOf(content.version),
              record.statement.predicate.kind,
              { text: textOf(content.textDigest) ?? '', style: 'code' as const },
            ];
          }),
          { caption: 'Controlled documents' },
        ),
      ];
