// SPDX-License-Identifier: Apache-2.0

export interface ScaffoldFacts {
  readonly model: string;
  readonly use: string;
  readonly owner: string;
  readonly developer: string;
}

export interface ScaffoldFile {
  readonly path: string;
  readonly text: string;
}

/** The least that a model's repository needs; every place that only its people can fill says TODO. */
export function scaffold(facts: ScaffoldFacts): readonly ScaffoldFile[] {
  return [
    { path: 'countersign.yaml', text: pipelineFile(facts) },
    { path: 'train.py', text: trainingStep() },
    {
      path: 'requirements.lock',
      text: '# pip-compile --generate-hashes requirements.in -o requirements.lock\n',
    },
    ...PAPERS.map(({ id, scope, headings, by }) => ({
      path: `evidence/${id}.md`,
      text: paper({ id, scope, headings, author: by === 'owner' ? facts.owner : facts.developer }),
    })),
    { path: 'intake/model.yaml', text: inventoryEntry(facts) },
    { path: '.gitignore', text: '.venv/\n__pycache__/\n*.csv\n*.onnx\n' },
  ];
}

const PAPERS = [
  {
    id: 'intended-use',
    scope: 'use',
    by: 'owner',
    headings: ['Purpose', 'Decisions', 'Users', 'Population', 'Setting', 'Non-uses'],
  },
  {
    id: 'dataset-datasheet',
    scope: 'dataset',
    by: 'developer',
    headings: ['Reading this paper', 'Motivation', 'Composition', 'Collection', 'Known errors'],
  },
  {
    id: 'design-rationale',
    scope: 'version',
    by: 'developer',
    headings: ['Theory', 'Alternatives', 'Cutoff', 'Judgements'],
  },
  {
    id: 'assumptions-limitations',
    scope: 'model',
    by: 'developer',
    headings: ['Assumptions', 'Limitations'],
  },
  {
    id: 'monitoring-plan',
    scope: 'use',
    by: 'owner',
    headings: ['What is watched', 'Frequency', 'Consequences'],
  },
] as const;

function pipelineFile({ model, use, owner }: ScaffoldFacts): string {
  return `# SPDX-License-Identifier: Apache-2.0
model: ${model}
use: ${use}
seed: 1
environment: { python: requirements.lock }

data:
  rows:
    from: { path: rows.csv }
    source: { system: TODO, owner: ${owner}, as_of: 2026-01-01 }
    population: { represents: TODO, not: TODO }
    roles: { label: outcome, positive: bad, id: row_id }
    columns:
      row_id: { type: integer, means: TODO }
      amount: { type: number, means: TODO }
      outcome: { type: text, means: TODO }
    quality:
      - { check: unique, columns: [row_id] }
    splits:
      seed: 1
      stratify: [outcome]
      development: { fraction: 0.8 }
      holdout: { fraction: 0.2, sealed: true }

steps:
  train:
    run: python train.py
    inputs: [rows.development]
    outputs: [model.onnx, predictions.csv]

artifact:
  scorer: onnx
  file: model.onnx
  inputs: [{ name: amount, type: f32, min: 0, max: 100000 }]
  output: { name: probability, index: 0 }

papers:
${PAPERS.map(({ id }) => `  ${id}: evidence/${id}.md`).join('\n')}
`;
}

function trainingStep(): string {
  return `# SPDX-License-Identifier: Apache-2.0
"""Reads rows.development.csv, writes model.onnx and predictions.csv (row_id, score). Files in, files out."""

raise SystemExit("TODO: train the model")
`;
}

function paper(at: {
  readonly id: string;
  readonly scope: string;
  readonly author: string;
  readonly headings: readonly string[];
}): string {
  const title = at.id.replaceAll('-', ' ');
  const front = `---\nevidence: ${at.id}\nscope: ${at.scope}\ntitle: ${title}\nauthor: ${at.author}\n---\n`;
  return `${front}\n${at.headings.map((heading) => `## ${heading}\n\nTODO\n`).join('\n')}`;
}

function inventoryEntry({ use, owner, developer, model }: ScaffoldFacts): string {
  return `# SPDX-License-Identifier: Apache-2.0
name: ${model}
purpose: TODO
owner: ${owner}
developer: ${developer}
businessLine: TODO
jurisdictions: [TODO]
uses: [${use}]
`;
}
