// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../document.ts';
import { measuredCell } from '../shown-number.ts';
import {
  contentOf,
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  flatText,
  limitText,
  NUMBER,
  type Presenter,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';
import { jsonBlocks } from './generic.ts';
import { metricName } from './metric-names.ts';
import { searchesBlocks } from './searches.ts';

export const presentSourceRevision: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    return [
      ...factsBlock(
        [
          ['Repository', content.repository],
          ['Commit', content.commit],
          ['Tree', content.tree],
          ['Clean work tree', content.clean],
          ['Archived bundle', content.bundle],
        ],
        record.digest,
      ),
      ...tableBlock(
        ['Commit author', 'Account', 'Signed with'],
        rowsOf(content.authors).map((row) => [
          textOf(row.email),
          textOf(row.account) ?? 'not attributed',
          signedWith(row.signature),
        ]),
        { caption: 'Who wrote the code', cite: record.digest },
      ),
    ];
  });

function signedWith(signature: Fields[string] | undefined): string {
  const { key, verified } = fieldsOf(signature);
  const name = textOf(key);
  if (name === undefined) return 'not signed';
  return verified === true ? name : `${name} (not verified)`;
}

const LOCK_KINDS: Readonly<Record<string, string>> = {
  python: 'a lock file of Python packages',
  image: 'a container image',
  host: 'programs of the machine',
};

export const presentEnvironmentLock: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    const about = { cite: record.digest };
    return [
      ...factsBlock(
        [
          ['Lock digest', content.lockDigest],
          ['Of', LOCK_KINDS[textOf(content.kind) ?? '']],
          ['Hardware class', content.hardwareClass],
          ['Bill of materials (CycloneDX), SHA-256', fieldsOf(content.billOfMaterials).digest],
        ],
        record.digest,
      ),
      ...jsonBlocks(content.image, { ...about, title: 'Container image' }),
      ...jsonBlocks(content.programs, { ...about, title: 'Programs of the machine' }),
      ...jsonBlocks(content.interpreter, { ...about, title: 'Interpreter' }),
      ...jsonBlocks(content.platform, { ...about, title: 'Platform' }),
      ...jsonBlocks(content.determinism, { ...about, title: 'Determinism profile' }),
      ...tableBlock(
        ['Package', 'Version', 'SHA-256 of the archived wheel'],
        rowsOf(content.packages).map((row) => [
          textOf(row.name),
          textOf(row.version),
          { text: textOf(row.digest) ?? '', style: 'code' as const },
        ]),
        { caption: 'Packages', cite: record.digest },
      ),
      ...jsonBlocks(content.licences, { ...about, title: 'Licences as the packages state them' }),
    ];
  });

export const presentTrainingRun: Presenter = (records) => records.flatMap(trainingRunBlocks);

function trainingRunBlocks(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const steps = rowsOf(content.steps);
  return [
    ...factsBlock(
      [
        ['Run', content.run],
        ['Promotable', content.promotable],
        ['Started', content.started],
        ['Ended', content.ended],
        ['Signed by', record.statement.predicate.actor],
      ],
      record.digest,
    ),
    ...tableBlock(
      ['Step', 'Command', 'Network', 'Parameters', { title: 'Exit', ...NUMBER }],
      steps.map((step) => [
        textOf(step.name),
        { text: textOf(step.command) ?? '', style: 'code' as const },
        textOf(step.network),
        step.params === undefined ? '' : flatText(step.params),
        textOf(step.exit),
      ]),
      { caption: 'Steps', cite: record.digest },
    ),
    ...tableBlock(
      ['Step', 'File', 'In or out', { title: 'Bytes', ...NUMBER }, 'SHA-256'],
      steps.flatMap((step) => [
        ...filesOf(step, 'inputs', 'in'),
        ...filesOf(step, 'outputs', 'out'),
      ]),
      { caption: 'Inputs and outputs of the steps', cite: record.digest },
    ),
    ...searchesBlocks(record),
  ];
}

function filesOf(step: Fields, key: 'inputs' | 'outputs', direction: string) {
  return rowsOf(step[key]).map((file) => [
    textOf(step.name),
    textOf(file.name),
    direction,
    measuredCell(textOf(file.size) ?? ''),
    { text: textOf(file.digest) ?? '', style: 'code' as const },
  ]);
}

export const presentModelArtifact: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    const manifest = fieldsOf(content.manifest);
    return [
      ...factsBlock(
        [
          ['Artefact (SHA-256 of manifest)', record.statement.predicate.subjectRef.artifactDigest],
          ['Scorer', manifest.scorer],
          ['Entry', manifest.entry],
          ['Size in bytes', measuredCell(textOf(content.size) ?? '').text],
        ],
        record.digest,
      ),
      ...tableBlock(
        ['File', { title: 'Bytes', ...NUMBER }, 'SHA-256'],
        rowsOf(manifest.files).map((file) => [
          textOf(file.path),
          measuredCell(textOf(file.size) ?? ''),
          { text: textOf(file.digest) ?? '', style: 'code' as const },
        ]),
        { caption: 'Files of the artefact', cite: record.digest },
      ),
    ];
  });

/** Both ends of a range stand in one row. */
function limitsByMetric(rows: readonly Fields[]): ReadonlyMap<string, readonly string[]> {
  const limits = new Map<string, string[]>();
  for (const row of rows) {
    const key = `${textOf(row.metric) ?? ''}\n${textOf(row.group) ?? ''}`;
    limits.set(key, [...(limits.get(key) ?? []), limitText(row.op, row.value)]);
  }
  return limits;
}

export const presentTestPlan: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    return [
      ...factsBlock(
        [
          ['Phase', content.phase],
          ['Declared at', content.declaredAt],
          ['Declared by', record.statement.predicate.actor],
        ],
        record.digest,
      ),
      ...tableBlock(
        ['Metric', 'Group', { title: 'Limit', ...NUMBER }],
        [...limitsByMetric(rowsOf(content.limits))].map(([key, limits]) => [
          metricName(key.split('\n')[0] ?? ''),
          key.split('\n')[1],
          limits.join(' and '),
        ]),
        { caption: 'Limits fixed before the tests', cite: record.digest },
      ),
      ...backtestGap(content.plan),
      ...jsonBlocks(content.plan, { cite: record.digest, title: 'Plan as declared' }),
    ];
  });

/** A plan may say that no back-test can be made: that is printed as the gap it is. */
function backtestGap(plan: Fields[string] | undefined): readonly Block[] {
  const why = textOf(fieldsOf(fieldsOf(plan).backtest).gap);
  if (why === undefined) return [];
  return [
    {
      kind: 'gap',
      evidence: 'performance-test',
      evidenceKind: 'backtest',
      status: 'missing',
      clauses: [],
      why,
    },
  ];
}
