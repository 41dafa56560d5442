// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { digestOf } from '../results.ts';
import type { Stage } from '../stage.ts';

/** Policies under dual control, then intake: what a firm signs before a model exists. */
export async function foundAndPropose(stage: Stage, home: string): Promise<void> {
  const { say } = stage;
  say.chapter('Found the firm and propose the model');
  say.tell(
    'The founding record names eleven people, their signing keys and the keys of log, platform and gateway. Two administrators signed it. It says demonstration, and so will every warrant.',
  );
  say.proof('founding record, the one thing that gateways and verifiers are told', stage.root);
  for (const [title, file] of [
    ['promotion policy', join(home, 'policies/promotion.yaml')],
    ['tiering questionnaire', join(home, 'policies/questionnaire.yaml')],
    ['framework pack SR 26-2', join(home, 'frameworks/sr-26-2.yaml')],
  ] as const) {
    await stage.must('ada.admin', 'sign', file);
    const signed = await stage.must('mia.risk', 'sign', file, '--add');
    say.proof(`${title}, in force by two signatures`, digestOf(signed.result));
  }
  await stage.must('omar.owner', 'propose', '.');
  say.tell('The owner proposed the model and signed what it is for, and what it is not for.');
  const tier = await stage.must('mia.risk', 'propose', '.', '--tier');
  const points = tier.errors.find((line) => line.includes('points')) ?? '';
  say.tell(
    `Model risk signed the tier that the questionnaire computes (${points.trim()}), the scope per framework, fair-lending status, groups, the floors under every plan, and who holds which duty.`,
  );
  for (const paper of [
    'dataset-datasheet',
    'protected-data-record',
    'feature-catalogue',
    'assumptions-limitations',
  ]) {
    await stage.must('dana.developer', 'sign', `evidence/${paper}.md`);
  }
  for (const paper of ['instructions-for-use', 'monitoring-plan']) {
    await stage.must('omar.owner', 'sign', `evidence/${paper}.md`);
  }
  say.tell(
    'Developer and owner signed six papers: data and its faults, protected attributes, every column left out and why, limits, instructions, monitoring.',
  );
}
