// SPDX-License-Identifier: Apache-2.0
// The verifier by itself: an auditor installs this package alone and needs nothing else of ours.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { visibleText } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { verifyCaseFile } from './case-file/verify-case-file.ts';
import { isExamPackage, verifyExamPackage } from './exam/verify-exam.ts';

const USAGE = `usage: countersign-verify FILE.zip --root DIGEST [--json]

Checks a case file or an exam package offline. DIGEST is the founding record of the firm, got from the firm by another way.
example: countersign-verify case.zip --root 3b0c…
`;

function main(): number {
  const options = {
    root: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const file = positionals[0];
  if (values.help === true || file === undefined || values.root === undefined) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const bytes = readCase(file);
  if (bytes === undefined) return 2;
  const isExam = isExamPackage(bytes);
  const report = isExam
    ? verifyExamPackage(nodePrimitives, bytes, values.root)
    : { ...verifyCaseFile(nodePrimitives, bytes, values.root), limits: [] };
  const what = isExam ? 'exam package' : 'case file';
  if (values.json === true) process.stdout.write(`${jsonLines(report)}\n`);
  else {
    for (const sentence of report.established)
      process.stdout.write(`ok      ${visibleText(sentence)}\n`);
    for (const sentence of report.limits)
      process.stdout.write(`BUT     ${visibleText(sentence)}\n`);
    for (const { entry, reason } of report.problems)
      process.stdout.write(`WRONG   ${visibleText(entry)}: ${visibleText(reason)}\n`);
    process.stdout.write(report.ok ? `the ${what} verifies\n` : `the ${what} does NOT verify\n`);
  }
  return report.ok ? 0 : 1;
}

function readCase(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${visibleText(file)} cannot be read: ${visibleText(said)}\n`);
    return undefined;
  }
}

/** Line ends are of the layout; anything else that a terminal would obey stands in a string, as its escape. */
function jsonLines(value: unknown): string {
  return JSON.stringify(value, null, 2).split('\n').map(visibleText).join('\n');
}

process.exit(main());
