// SPDX-License-Identifier: Apache-2.0
import { statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { examRoutes, type PostureReply } from '@countersign/contract';
import { nodePrimitives } from '@countersign/kernel/node';
import { verifyExamPackage } from '@countersign/verifier';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { fields, short } from '../output/table.ts';
import type { Session } from '../session.ts';

export const exam: Command = {
  name: 'exam',
  summary: 'an exam package: the state at a date and every change of a period, verifiable offline',
  description:
    'A day means its end in UTC. The package holds the registers, the records they follow from, and the hash of every entry of the log, so that its reader proves that no change of the period is left out. The same log position, date and period give the same bytes.',
  example: 'countersign exam --as-of 2026-03-03 --period 2026-01-01..2026-03-31 --out exam.zip',
  options: [
    // Asked for when it runs: a required option here would be asked for by `exam posture` too.
    { flags: '--as-of DATE', summary: 'the state at this date; needed' },
    { flags: '--out FILE', summary: 'the zip to write; needed' },
    {
      flags: '--period FROM..TO',
      summary: 'the changes of these days; of the year up to the date unless given',
    },
    { flags: '--known DATE', summary: 'as the log told it then; as it tells it now unless given' },
    {
      flags: '--bulk HOW',
      summary: 'headers of decision batches: as records, or as digests when there are too many',
      choices: ['records', 'digests'],
    },
  ],
  run: runExam,
};

export const examPosture: Command = {
  name: 'exam posture',
  summary: 'the posture of an environment in a month, for continuous monitoring',
  example: 'countersign exam posture --month 2026-11',
  options: [
    { flags: '--month MONTH', summary: 'like 2026-11', isRequired: true },
    {
      flags: '--environment ENV',
      summary: 'production unless given',
      choices: ['staging', 'production'],
    },
    { flags: '--known DATE', summary: 'as the log told it then; as it tells it now unless given' },
  ],
  run: runPosture,
};

async function runExam(input: Input, session: Session): Promise<Outcome> {
  const out = resolve(session.cwd, input.text('out'));
  requireDirectory(dirname(out));
  const query = {
    date: input.text('as-of'),
    ...periodOf(input.optionalText('period')),
    known: input.optionalText('known'),
    bulk: input.optionalText('bulk'),
  };
  session.progress('collecting records, leaves and registers');
  const { bytes } = await session.client().callRaw(examRoutes.package, { query });
  // What is handed to an examiner must verify at the examiner's; better to learn it here.
  session.progress('verifying the package as its reader will');
  const report = verifyExamPackage(nodePrimitives, bytes, session.root());
  const [first] = report.problems;
  if (first !== undefined) {
    throw new CliError(
      'record_unverified',
      `the package does not verify: ${first.entry}: ${first.reason}`,
    );
  }
  writeFileSync(out, bytes);
  const { established, limits, question } = report;
  return done(
    { out, size: bytes.length, question, established, limits },
    ...established.map((one) => `${session.paint('green', 'ok')}   ${one}`),
    ...limits.map((one) => `${session.paint('yellow', 'but')}  ${one}`),
    `${out}: ${bytes.length} bytes, verified; open index.html in it to read`,
    `check it anywhere with: countersign verify ${input.text('out')} --root ${session.root()}`,
  );
}

/** Before anything is collected: it takes long, and would be lost. */
function requireDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new CliError(
    'file_missing',
    `\`${path}\` is no directory, so nothing can be written there`,
    {
      details: { field: '--out', next: 'make it, or name another place' },
    },
  );
}

function periodOf(text: string | undefined) {
  if (text === undefined) return {};
  const [from, to, ...rest] = text.split('..');
  if (from === undefined || from === '' || to === undefined || to === '' || rest.length > 0) {
    throw usage(`--period must be like \`2026-01-01..2026-03-31\`, not \`${text}\``);
  }
  return { from, to };
}

async function runPosture(input: Input, session: Session): Promise<Outcome> {
  const found = await session.client().call(examRoutes.posture, {
    query: {
      month: input.text('month'),
      environment: input.optionalText('environment'),
      known: input.optionalText('known'),
    },
  });
  return done(found, ...postureLines(found));
}

function postureLines(found: PostureReply): readonly string[] {
  const { live, acts, requests, findings, monitoring } = found;
  return fields([
    ['environment', `${found.environment}, ${found.month}, at ${found.at}`],
    ['baseline', found.baseline],
    ['live', `${live.count} warrants${inCounts(live.byTier)}`],
    ['expiring in 30 days', live.expiring.map(short).join(', ') || 'none'],
    ['acts', inCounts(acts.byKind, '') || 'none'],
    ['requests', inCounts(requests.byState, '') || 'none'],
    ['open findings', `${findings.open}${inCounts(findings.bySeverity)}`],
    ['overdue', findings.overdue.map(short).join(', ') || 'none'],
    ['exceptions running', String(found.exceptions.length)],
    ['monitoring', `${monitoring.results} results, ${monitoring.breached.length} with a breach`],
  ]);
}

function inCounts(counts: { readonly [name: string]: number }, before = ': '): string {
  const said = Object.entries(counts).map(([name, n]) => `${n} ${name}`);
  return said.length === 0 ? '' : `${before}${said.join(', ')}`;
}
