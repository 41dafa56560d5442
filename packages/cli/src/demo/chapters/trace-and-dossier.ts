// SPDX-License-Identifier: Apache-2.0

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DemoFailure } from '../demo-failure.ts';
import type { Stage } from '../stage.ts';
import type { Served } from './decide.ts';
import type { Candidate } from './submit.ts';

const AUDITOR = 'aura.auditor';

/** From one answer back to the data, each link verified, and the same bits again. */
export async function traceDecision(stage: Stage, served: readonly Served[]): Promise<string> {
  const { say } = stage;
  say.chapter('Trace one decision and replay it');
  const decision = served[0]?.decisions[0]?.id;
  if (decision === undefined) throw new DemoFailure('nothing was decided');
  const traced = await stage.must(AUDITOR, 'trace', decision, '--replay');
  say.tell(
    'The auditor asks why. The chain from the answer back to the data, each link verified on her machine:',
  );
  say.lines(traced.lines);
  return decision;
}

export async function documents(
  stage: Stage,
  candidate: Candidate,
  decision: string,
): Promise<void> {
  const { say } = stage;
  say.chapter('Print the dossier and hand over a case file');
  const pdf = join(stage.dataDir, 'model-development.pdf');
  const printed = await stage.must(
    'mia.risk',
    'dossier',
    candidate.version,
    '--document',
    'model-development',
    '--out',
    pdf,
  );
  say.tell(
    'The model development document for SR 26-2, compiled from records alone; what is missing is printed as a gap.',
  );
  say.lines(printed.lines);
  const file = join(stage.dataDir, 'case.zip');
  await stage.must(AUDITOR, 'export', decision, '--out', file);
  // From here on no server runs: an examiner has the file and one digest, got from the firm by another way.
  await stage.close();
  const verified = await stage.must(AUDITOR, 'verify', file, '--root', stage.root);
  say.tell(
    'With the server stopped, the case file of that decision verifies against the founding digest alone:',
  );
  say.lines(verified.lines);
  const flipped = join(stage.dataDir, 'case-flipped.zip');
  const bytes = await readFile(file);
  const at = bytes.length - 30;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(flipped, bytes);
  await stage.refused(
    `The same file with byte ${at}, in a zip header, flipped`,
    AUDITOR,
    'verify',
    flipped,
    '--root',
    stage.root,
  );
}

export function closing(stage: Stage, candidate: Candidate, decision: string): void {
  const { say, io } = stage;
  const flipped = join(stage.dataDir, 'case-flipped.zip');
  io.out('');
  io.out(
    `The story is told in ${say.seconds().toFixed(0)} s. Its data is in ${stage.dataDir}; \`npm start\` serves it. Worth trying then:`,
  );
  for (const line of [
    `npx countersign trace ${decision} --replay --as ${AUDITOR}`,
    `npx countersign reproduce ${candidate.version} --as vera.validator`,
    `npx countersign evidence ${candidate.version} --framework sr-26-2 --as ${AUDITOR}`,
    `npx countersign gate ${candidate.version} --stage production --demonstration --as olaf.operator`,
    `npx countersign verify ${flipped} --root ${stage.root}`,
  ]) {
    io.out(`  ${line}`);
  }
}
