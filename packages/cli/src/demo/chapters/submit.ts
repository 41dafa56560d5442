// SPDX-License-Identifier: Apache-2.0

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DemoFailure } from '../demo-failure.ts';
import { commitAll } from '../repository.ts';
import { digestOf, textAt } from '../results.ts';
import { reasonsOf, type Stage } from '../stage.ts';
import { developerTests, runAndTest } from './run.ts';

export interface Candidate {
  readonly version: string;
  /** The change request to staging. */
  readonly staging: string;
}

const CHANGE = [
  '--reason',
  'first score for instalment loans',
  '--impact',
  'about 2,000 applications a year are decided by score instead of by hand',
  '--rollback',
  'credit officers decide by the lending manual',
];

/**
 * Submits to staging and takes what the data says: a condition that failed ends the candidate, and the second documented
 * one takes its place; one that is inconclusive needs the signed exception that policy names. Nothing here is scripted.
 */
export async function submitToStaging(stage: Stage): Promise<Candidate> {
  const { say } = stage;
  const first = await submitOne(stage, 'consumer-credit@1');
  if (first !== undefined) return first;
  say.tell(
    'The first candidate stays failed. The developer submits the second documented candidate, all sixteen lawful columns.',
  );
  await copyFile(
    join(stage.repository, 'candidates/full-inputs.yaml'),
    join(stage.repository, 'countersign.yaml'),
  );
  await commitAll(stage.repository, 'Second candidate: all lawful columns');
  await runAndTest(stage, 'consumer-credit@2');
  await developerTests(stage, 'consumer-credit@2');
  const second = await submitOne(stage, 'consumer-credit@2');
  if (second !== undefined) return second;
  throw new DemoFailure(
    'both candidates failed: there is no model to promote, and that is the result',
  );
}

/** The submitted candidate, or undefined when a condition failed outright. */
async function submitOne(stage: Stage, version: string): Promise<Candidate | undefined> {
  const { say } = stage;
  say.chapter(`Submit ${version} to staging`);
  const submitted = await stage.must(
    'dana.developer',
    'submit',
    version,
    '--to',
    'staging',
    ...CHANGE,
  );
  const staging = textAt(submitted.result, 'changeRequest');
  say.proof(`change request for ${version} to staging`, staging);
  const { missing } = (submitted.result as { verdict: { missing: readonly string[] } }).verdict;
  if (missing.length > 0) say.refused('The candidate as it stands', missing);
  // A failure is excused by nobody.
  if (missing.some((reason) => !reason.includes('(inconclusive)'))) return undefined;
  const conditions = missing.flatMap(
    (reason) => / (performance|bias) \(inconclusive\)/.exec(reason)?.[1] ?? [],
  );
  for (const condition of new Set(conditions)) await except(stage, staging, condition);
  const checked = await stage.run(
    'dana.developer',
    'submit',
    version,
    '--to',
    'staging',
    '--check',
    ...CHANGE,
  );
  if (!checked.ok) throw new DemoFailure(reasonsOf(checked).join('; '));
  say.tell(
    'Every automatic condition that is due now holds: evidence for SR 26-2, floors, performance, bias.',
  );
  return { version, staging };
}

const SIGNERS: { readonly [condition: string]: readonly [string, string] } = {
  bias: ['cora.compliance', 'lena.legal'],
  performance: ['mia.risk', 'cora.compliance'],
  reproducible: ['mia.risk', 'cora.compliance'],
};

async function except(stage: Stage, request: string, condition: string): Promise<void> {
  const { say } = stage;
  const [first, second] = SIGNERS[condition] ?? ['mia.risk', 'cora.compliance'];
  const asked = await stage.must(
    first,
    'exceptions',
    'request',
    request,
    '--condition',
    condition,
    '--reason',
    'the sample cannot exclude a disparity that house practice would question, nor show one',
    '--limits',
    'declines of the groups named here are read by a credit officer before the notice goes out',
    '--monitoring',
    'approval ratio by group at every window',
    '--days',
    '90',
  );
  const exception = digestOf(asked.result);
  await stage.must(second, 'exceptions', 'sign', exception);
  say.tell(
    `What is inconclusive needs the signed exception that policy names for ${condition}. ${first} and ${second} signed one, with limits, closer monitoring and an end in 90 days.`,
  );
  say.proof('exception', exception);
}
