// SPDX-License-Identifier: Apache-2.0
import { textAt } from '../results.ts';
import type { Stage } from '../stage.ts';
import type { Candidate } from './submit.ts';

/** What is refused before anybody independent has looked. */
export async function refusals(stage: Stage, { staging, version }: Candidate): Promise<void> {
  const { say } = stage;
  say.chapter('Try to get round the gate');
  await stage.refused(`Promoting ${version} without validation`, 'omar.owner', 'promote', staging);
  await stage.refused(
    'Serving it',
    'olaf.operator',
    'serve',
    'consumer-credit',
    '--demonstration',
    '--stage',
    'staging',
    '--check',
  );
  await stage.refused(
    'The developer’s own approval',
    'dana.developer',
    'approve',
    staging,
    '--role',
    'validator',
    '--even-if-conflicted',
  );
}

/** The validator's work, under her own identity and on rows that no step ever saw. */
export async function validate(stage: Stage, { version }: Candidate): Promise<void> {
  const { say } = stage;
  const vera = 'vera.validator';
  say.chapter('Validate independently');
  const validated = await stage.must(vera, 'validate', version, '--plan', 'validator/plan.yaml');
  say.tell(
    'The validator signed her own plan, replicated the developer’s figures and measured the sealed hold-out. The look is counted.',
  );
  say.lines(validated.lines);
  const opened = await stage.must(
    vera,
    'findings',
    'open',
    version,
    '--title',
    'An incomplete application must not be scored',
    '--description',
    'The fitted form gives a missing number the mean and an unknown category nothing; an incomplete application would be decided as an average one.',
    '--severity',
    'medium',
    '--owner',
    'dana.developer',
    '--due',
    '2026-12-31',
    '--blocking',
  );
  const finding = `consumer-credit/${textAt(opened.result, 'id')}`;
  say.tell(`She raised finding ${finding}, which blocks promotion while it is open.`);
  const answered = await stage.must(
    'dana.developer',
    'findings',
    'respond',
    finding,
    '--response',
    'Every input of the specification has its bounds or its list of levels and takes no missing value; the gateway refuses what lies outside and records the refusal.',
  );
  await stage.must(
    vera,
    'findings',
    'close',
    finding,
    '--closure',
    'Read in the specification: bounds or levels on all eight inputs; refusals of each kind to be seen in staging.',
    '--evidence',
    textAt(validated.result, 'records', 0),
    '--evidence',
    textAt(answered.result, 'digest'),
  );
  say.tell('The developer answered, and the validator, not the developer, closed it.');
}

export async function rebuild(stage: Stage, { version }: Candidate): Promise<void> {
  const { say } = stage;
  say.chapter('Rebuild from archived parts alone');
  const rebuilt = await stage.must('vera.validator', 'reproduce', version, '--hostile');
  say.tell(
    'The platform rebuilt the model without network, in a fresh place, with another OPENBLAS_CORETYPE, thread count, locale and time zone around it.',
  );
  say.lines(rebuilt.lines);
  const verdict = textAt(rebuilt.result, 'verdict');
  if (verdict !== 'byte-identical')
    throw new Error(`the rebuild is ${verdict}, not byte-identical`);
}

export async function assess(stage: Stage, { version }: Candidate): Promise<void> {
  const assessed = await stage.must(
    'vera.validator',
    'assess',
    version,
    '--form',
    'validator/assessment.md',
  );
  stage.say.tell('The validator signed her assessment and rated the model.');
  stage.say.lines(assessed.lines);
}
