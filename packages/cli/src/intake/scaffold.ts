// SPDX-License-Identifier: Apache-2.0
import { PAPER_FORMS, type PaperForm, paperText } from '@countersign/kernel';

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
    ...PAPERS.map((form) => ({
      path: `evidence/${form.evidence}.md`,
      text: paper(form, form.by === 'model-owner' ? facts.owner : facts.developer),
    })),
    { path: 'intake/model.yaml', text: inventoryEntry(facts) },
    { path: '.gitignore', text: '.venv/\n__pycache__/\n*.csv\n*.onnx\n' },
  ];
}

/** Instructions for use are written once there is something to use. */
const PAPERS = PAPER_FORMS.filter(({ evidence }) => evidence !== 'instructions-for-use');

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
      amount: { type: number, means: TODO, justification: TODO }
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
${PAPERS.map(({ evidence }) => `  ${evidence}: evidence/${evidence}.md`).join('\n')}
`;
}

function trainingStep(): string {
  return `# SPDX-License-Identifier: Apache-2.0
"""Reads rows.development.csv, writes model.onnx and predictions.csv (row_id, score). Files in, files out."""

raise SystemExit("TODO: train the model")
`;
}

function paper({ evidence, scope, headings }: PaperForm, author: string): string {
  const title = evidence.replaceAll('-', ' ');
  const body = headings.map((heading) => `## ${heading}\n\nTODO`).join('\n\n');
  return paperText({ evidence, scope, title, author }, body);
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
