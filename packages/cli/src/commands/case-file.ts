// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { documentsRoutes } from '@countersign/contract';
import { isDigest, visibleText } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { isExamPackage, verifyCaseFile, verifyExamPackage } from '@countersign/verifier';
import { isVersionName, parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';

export const exportCase: Command = {
  name: 'export',
  summary: 'a case file of a version or a decision, which verifies alone',
  example: 'countersign export consumer-credit@1 --out case.zip',
  arguments: [{ name: 'what', summary: 'MODEL@N, or the id of a decision' }],
  options: [
    { flags: '--out FILE', summary: 'the zip to write', isRequired: true },
    { flags: '--use USE', summary: 'of a version: the use' },
    {
      flags: '--with-rebuild-parts',
      summary:
        'of a version: with all that `reproduce --from` needs, rows of data and sealed ones included; for auditors',
    },
  ],
  run: runExport,
};

export const verify: Command = {
  name: 'verify',
  summary: 'check a case file or an exam package offline: no server, no database',
  example: 'countersign verify case.zip --root 3b0c…',
  arguments: [{ name: 'case', summary: 'the zip' }],
  options: [
    {
      flags: '--root DIGEST',
      summary: 'founding record to trust, got from the firm by another way',
      isRequired: true,
    },
  ],
  run: runVerify,
};

async function runExport(input: Input, session: Session): Promise<Outcome> {
  const what = input.argument('what');
  const out = resolve(session.cwd, input.text('out'));
  const withParts = input.flag('with-rebuild-parts');
  if (withParts && !isVersionName(what)) {
    throw usage('`--with-rebuild-parts` goes with a version: write MODEL@N');
  }
  const query = isVersionName(what)
    ? versionQuery(what, input.optionalText('use'))
    : { decision: what };
  session.progress('collecting records, proofs and artefacts');
  const { bytes } = await session.client().callRaw(documentsRoutes.export, {
    query: withParts ? { ...query, rebuildParts: 'true' as const } : query,
  });
  // What is handed on must verify at its receiver's; better to learn it here.
  const report = verifyCaseFile(nodePrimitives, bytes, session.root());
  if (!report.ok) {
    const [first] = report.problems;
    throw new CliError(
      'record_unverified',
      `the case file does not verify: ${first?.entry ?? ''}: ${first?.reason ?? ''}`,
    );
  }
  writeFileSync(out, bytes);
  return done(
    { out, size: bytes.length, established: report.established },
    `${out}: ${bytes.length} bytes, verified`,
    `check it anywhere with: countersign verify ${input.text('out')} --root ${session.root()}`,
    ...(withParts
      ? [
          `rebuild it anywhere with: countersign reproduce --from ${input.text('out')} --root ${session.root()}`,
        ]
      : []),
  );
}

function versionQuery(text: string, use: string | undefined) {
  const { model, version } = parseVersionName(text);
  return { version: `${model}@${version}`, ...(use === undefined ? {} : { use }) };
}

function runVerify(input: Input, session: Session): Promise<Outcome> {
  const root = input.text('root');
  if (!isDigest(root))
    throw usage(`\`--root\` must be a SHA-256 digest in lower-case hex, not \`${root}\``);
  const bytes = readCase(session, input.argument('case'));
  const isExam = isExamPackage(bytes);
  const what = isExam ? 'exam package' : 'case file';
  const report = isExam
    ? verifyExamPackage(nodePrimitives, bytes, root)
    : { ...verifyCaseFile(nodePrimitives, bytes, root), limits: [] };
  const lines = [
    ...report.established.map((one) => `${session.paint('green', 'ok')}     ${one}`),
    ...report.limits.map((one) => `${session.paint('yellow', 'BUT')}    ${visibleText(one)}`),
    ...report.problems.map(
      ({ entry, reason }) =>
        `${session.paint('red', 'WRONG')}  ${visibleText(`${entry}: ${reason}`)}`,
    ),
    report.ok ? `the ${what} verifies` : `the ${what} does NOT verify`,
  ];
  return Promise.resolve(report.ok ? done(report, ...lines) : refused(report, ...lines));
}

function readCase(session: Session, file: string): Uint8Array {
  try {
    return readFileSync(resolve(session.cwd, file));
  } catch (cause) {
    throw new CliError('file_missing', `\`${file}\` cannot be read; check the path`, { cause });
  }
}
