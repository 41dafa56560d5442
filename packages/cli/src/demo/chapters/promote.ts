// SPDX-License-Identifier: Apache-2.0
import { digestOf, textAt } from '../results.ts';
import type { Stage } from '../stage.ts';
import type { Candidate } from './submit.ts';

/** The staging warrant, and the proof that what serves is what was approved. */
export async function stageVersion(stage: Stage, { staging, version }: Candidate): Promise<string> {
  const { say } = stage;
  say.chapter('Stage it and prove parity');
  await stage.must('vera.validator', 'approve', staging);
  const promoted = await stage.must('omar.owner', 'promote', staging);
  const warrant = digestOf(promoted.result);
  say.proof('staging warrant', warrant);
  const parity = await stage.must('olaf.operator', 'test', version, '--parity');
  say.tell(
    'In staging the recorded scikit-learn scores and the serving scorer are compared case by case.',
  );
  say.lines(parity.lines);
  return warrant;
}

export interface Produced {
  readonly request: string;
  readonly warrant: string;
}

export async function produceVersion(stage: Stage, { version }: Candidate): Promise<Produced> {
  const { say } = stage;
  say.chapter('Approve and promote to production');
  const submitted = await stage.must(
    'dana.developer',
    'submit',
    version,
    '--to',
    'production',
    '--reason',
    'staging showed parity and every refusal',
    '--impact',
    'applications are decided by score',
    '--rollback',
    'revoke the warrant; credit officers decide by the lending manual',
  );
  const request = textAt(submitted.result, 'changeRequest');
  say.proof('second change request, to production', request);
  await stage.refused('Promoting without signatures', 'omar.owner', 'promote', request);
  for (const account of ['mia.risk', 'lena.legal', 'eve.executive']) {
    const approved = await stage.must(account, 'approve', request);
    say.proof(
      `approval signed by ${account} with a key of their own over the whole statement`,
      digestOf(approved.result),
    );
  }
  const promoted = await stage.must('omar.owner', 'promote', request);
  const warrant = digestOf(promoted.result);
  say.proof('production warrant', warrant);
  return { request, warrant };
}
