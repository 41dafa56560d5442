// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { foundFirm } from '@countersign/server';
import { CAST } from '../cast.ts';
import { DemoFailure } from '../demo-failure.ts';
import { freePort } from '../free-port.ts';
import { createNarrator } from '../narrator.ts';
import { newRepository } from '../repository.ts';
import { digestOf, textAt } from '../results.ts';
import type { DemoOptions } from '../run-demo.ts';
import { Stage } from '../stage.ts';

const VERSION = 'breast-cytology@1';
const DEVELOPER_PAPERS = ['dataset-datasheet', 'feature-catalogue', 'assumptions-limitations'];
const OWNER_PAPERS = ['instructions-for-use', 'monitoring-plan', 'risk-file'];

export interface DiagnosisMade {
  readonly dataDir: string;
  readonly root: string;
  /** What the FDA pack misses, as the server says it. */
  readonly missing: readonly string[];
  readonly document: string;
  /** The case file that rebuilds the version without server and network. */
  readonly caseFile: string;
}

/**
 * A second domain: examples/diagnosis under the FDA pack, as far as its evidence carries it. It is not promoted, because
 * clinical evidence does not exist, and that is what the story shows. Throws DemoFailure where it breaks.
 */
export async function runDiagnosisDemo(options: DemoOptions): Promise<DiagnosisMade> {
  const { io, runCommand, home, dataDir } = options;
  const say = createNarrator(io, io.now().getTime());
  await mkdir(dataDir, { recursive: true });
  const ports = { api: await freePort(4170), gateway: await freePort(4171) };
  say.progress('starting PostgreSQL and founding the firm');
  const firm = { firm: 'Demonstration Diagnostics', demonstration: true, people: CAST };
  const { root, people } = await foundFirm({ dataDir, ports, ...firm });
  const email = people.find(({ account }) => account === 'dana.developer')?.email ?? '';
  const repository = join(dataDir, 'repository');
  const author = { name: 'Dana Developer', email };
  await newRepository(join(home, 'examples/diagnosis'), repository, author);
  const stage = new Stage({ io, runCommand, narrator: say, dataDir, repository, root, ports });
  await stage.open();
  try {
    await propose(stage, home);
    await build(stage);
    const missing = await refusedGate(stage);
    await validateAndRebuild(stage);
    return { dataDir, root, missing, ...(await papers(stage)) };
  } finally {
    await stage.close();
  }
}

async function propose(stage: Stage, home: string): Promise<void> {
  const { say } = stage;
  say.chapter('Found the firm and propose the model');
  for (const file of [
    'policies/promotion.yaml',
    'policies/questionnaire.yaml',
    'frameworks/sr-26-2.yaml',
    'frameworks/fda-samd.yaml',
  ]) {
    await stage.must('ada.admin', 'sign', join(home, file));
    const signed = await stage.must('mia.risk', 'sign', join(home, file), '--add');
    say.proof(`${file}, in force by two signatures`, digestOf(signed.result));
  }
  await stage.must('omar.owner', 'propose', '.');
  const tier = await stage.must('mia.risk', 'propose', '.', '--tier');
  const points = tier.errors.find((line) => line.includes('points')) ?? '';
  say.tell(`Model risk signed tier (${points.trim()}) and scope, the FDA pack among it.`);
  for (const paper of DEVELOPER_PAPERS)
    await stage.must('dana.developer', 'sign', `evidence/${paper}.md`);
  for (const paper of OWNER_PAPERS) await stage.must('omar.owner', 'sign', `evidence/${paper}.md`);
}

async function build(stage: Stage): Promise<void> {
  const { say } = stage;
  say.chapter('Run the pipeline on the platform, and the developer’s tests');
  const ran = await stage.must('dana.developer', 'run', '.', '--remote');
  say.lines(ran.lines);
  await stage.must('dana.developer', 'sign', 'evidence/design-rationale.md', '--subject', VERSION);
  const tested = await stage.must('dana.developer', 'test', VERSION);
  say.lines(tested.lines);
}

/** The gate names what the evidence lacks. Were it to say nothing, the pack would not be judged at all. */
async function refusedGate(stage: Stage): Promise<readonly string[]> {
  const { say } = stage;
  say.chapter('What a submission lacks, clause by clause');
  const shown = await stage.run('aura.auditor', 'evidence', VERSION, '--framework', 'fda-samd');
  say.lines(shown.lines);
  const risks = await stage.must('aura.auditor', 'hazards', VERSION);
  say.lines(risks.lines);
  const reason = ['--reason', 'first version', '--impact', 'second readings'];
  const submitted = await stage.must(
    'dana.developer',
    'submit',
    VERSION,
    '--to',
    'staging',
    ...reason,
    '--rollback',
    'every case is read twice',
  );
  const change = textAt(submitted.result, 'changeRequest');
  const refused = await stage.refused('Promoting it', 'omar.owner', 'promote', change);
  const said = [...shown.lines, ...refused.lines, ...refused.errors].join('\n');
  const missing = ['clinical-evidence', 'human-factors-test'].filter((id) => said.includes(id));
  if (missing.length === 0) throw new DemoFailure('the FDA pack names no gap, and there are some');
  return missing;
}

async function validateAndRebuild(stage: Stage): Promise<void> {
  const { say } = stage;
  say.chapter('Validate independently, and rebuild from archived parts alone');
  const vera = 'vera.validator';
  const validated = await stage.must(vera, 'validate', VERSION, '--plan', 'validator/plan.yaml');
  say.lines(validated.lines);
  const rebuilt = await stage.must(vera, 'reproduce', VERSION, '--hostile');
  say.lines(rebuilt.lines);
  const verdict = textAt(rebuilt.result, 'verdict');
  if (verdict !== 'byte-identical') throw new DemoFailure(`the rebuild is ${verdict}`);
}

async function papers(stage: Stage): Promise<Pick<DiagnosisMade, 'document' | 'caseFile'>> {
  const { say, dataDir } = stage;
  say.chapter('The submission document with its gaps, and a case file');
  const document = join(dataDir, 'fda-submission.pdf');
  await stage.must(
    'vera.validator',
    'dossier',
    VERSION,
    '--framework',
    'fda-samd',
    '--document',
    'doc/fda-ai-dsf-submission',
    '--out',
    document,
  );
  const caseFile = join(dataDir, 'breast-cytology-1.case.zip');
  await stage.must('aura.auditor', 'export', VERSION, '--out', caseFile);
  say.tell('What is missing is printed as missing. It is an example, and is not submittable.');
  return { document, caseFile };
}
