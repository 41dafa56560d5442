// SPDX-License-Identifier: Apache-2.0
import type { Role } from '../identity/roles.ts';
import type { Scope } from '../records/statement.ts';
import type { EvidenceId } from './evidence-ids.ts';

/** A paper that people write: what it is evidence of, about what, and the headings that readers look for. */
export interface PaperForm {
  readonly evidence: EvidenceId;
  readonly title: string;
  readonly scope: Extract<Scope, 'model' | 'use' | 'dataset' | 'version'>;
  /** Who writes it as a rule; who may is `signerRefusal`'s to say. */
  readonly by: Extract<Role, 'model-owner' | 'developer'>;
  readonly headings: readonly string[];
}

/** The papers of docs/human-evidence.md that are Markdown; the model card is the inventory entry. */
export const PAPER_FORMS: readonly PaperForm[] = [
  {
    evidence: 'intended-use',
    title: 'Intended use',
    scope: 'use',
    by: 'model-owner',
    headings: ['Purpose', 'Decisions', 'Users', 'Population', 'Setting', 'Non-uses'],
  },
  {
    evidence: 'dataset-datasheet',
    title: 'Datasheet',
    scope: 'dataset',
    by: 'developer',
    headings: ['Reading this paper', 'Motivation', 'Composition', 'Collection', 'Known errors'],
  },
  {
    evidence: 'design-rationale',
    title: 'Design rationale',
    scope: 'version',
    by: 'developer',
    headings: ['Theory', 'Alternatives', 'Cutoff', 'Judgements'],
  },
  {
    evidence: 'assumptions-limitations',
    title: 'Assumptions and limitations',
    scope: 'model',
    by: 'developer',
    headings: ['Assumptions', 'Limitations'],
  },
  {
    evidence: 'monitoring-plan',
    title: 'Monitoring plan',
    scope: 'use',
    by: 'model-owner',
    headings: ['What is watched', 'Frequency', 'Consequences'],
  },
  {
    evidence: 'instructions-for-use',
    title: 'Instructions for use',
    scope: 'use',
    by: 'model-owner',
    headings: ['Identity', 'Purpose', 'Inputs', 'Performance', 'Limits', 'Oversight'],
  },
];
