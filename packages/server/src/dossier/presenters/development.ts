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

export const presentModelSpec: Presenter = (records) => records.flatMap(modelSpecBlocks);

function modelSpecBlocks(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const output = fieldsOf(content.output);
  const decision = fieldsOf(content.decision);
  const reasons = fieldsOf(content.reasons);
  const fallback = fieldsOf(content.fallback);
  const about = { cite: record.digest };
  return [
    ...factsBlock(
      [
        ['Algorithm', content.algorithm],
        ['Output', output.name],
        ['Meaning of the output', output.meaning],
        ['Decision', decisionText(decision)],
        ['Reasons', reasons.method],
        ['Reasons given', reasons.count],
        ['Fallback', fallback.kind],
        ['What the fallback does', fallback.detail],
      ],
      record.digest,
    ),
    ...tableBlock(
      ['Input', 'Type', 'Columns', 'Accepted'],
      rowsOf(content.inputs).map((row) => [
        textOf(row.name),
        textOf(row.type),
        flatText(row.columns ?? ''),
        acceptedText(row),
      ]),
      { caption: 'Inputs', cite: record.digest },
    ),
    ...jsonBlocks(content.design, { ...about, title: 'Design' }),
    ...jsonBlocks(content.monitoring, { ...about, title: 'Monitoring' }),
    ...jsonBlocks(content.serving, { ...about, title: 'Serving' }),
  ];
}

function acceptedText(input: Fields): string {
  if (input.allowed !== undefined) return flatText(input.allowed);
  const [min, max] = [textOf(input.min), textOf(input.max)];
  if (min === undefined && max === undefined) return '';
  return `${min ?? 'unbounded'} to ${max ?? 'unbounded'}`;
}

const SIGNS: Readonly<Record<string, string>> = {
  'at-or-above': '≥',
  above: '>',
  below: '<',
  'at-or-below': '≤',
};

function decisionText(decision: Fields): string | undefined {
  const [score, cutoff, adverse] = [decision.score, decision.cutoff, decision.adverse].map(textOf);
  if (score === undefined || cutoff === undefined || adverse === undefined) return undefined;
  const sign = SIGNS[textOf(decision.adverseWhen) ?? 'at-or-above'] ?? '≥';
  const favourable = textOf(decision.favourable) ?? `not ${adverse}`;
  return `${adverse} when ${score} ${sign} ${cutoff}, else ${favourable}`;
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
        rowsOf(content.limits).map((row) => [
          textOf(row.metric),
          textOf(row.group),
          limitText(row.op, row.value),
        ]),
        { caption: 'Limits fixed before the tests', cite: record.digest },
      ),
      ...jsonBlocks(content.plan, { cite: record.digest, title: 'Plan as declared' }),
    ];
  });
