// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { blobRoutes } from '@countersign/contract';
import {
  type CommitteeDecision,
  chartersInForce,
  type RecordSet,
  recordedVotesRefusal,
} from '@countersign/kernel';
import { z } from 'zod';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import { parseYamlText, readTextFile, readYaml } from './yaml-file.ts';

const accounts = z.array(z.string().min(1));

const Decision = z.strictObject({
  name: z.string().min(1),
  attendance: accounts,
  votes: z.strictObject({ for: accounts, against: accounts, abstain: accounts }),
  dissent: z.string().default(''),
  /** Path of the minutes, beside the file. */
  minutes: z.string().min(1),
});

/**
 * What the chair signs of a committee's decision: the file's members, the charter in force and the digest of the minutes,
 * whose bytes are stored.
 * @throws CliError `file_invalid`, `file_missing`; `refused` without a charter, by anybody but its chair, or when the gates
 * would not count the votes as they are written down
 */
export async function committeeDecision(
  session: Session,
  set: RecordSet,
  file: string | undefined,
): Promise<CommitteeDecision | undefined> {
  if (file === undefined) return undefined;
  const decision = readYaml(parseYamlText(file, readTextFile(session.cwd, file)), Decision);
  const charter = chartersInForce(set).get(decision.name);
  if (charter === undefined) {
    throw new CliError('refused', `no charter of the committee \`${decision.name}\` is in force`, {
      details: {
        next: 'model risk and an administrator sign one: `countersign sign committee.yaml`',
      },
    });
  }
  const { chair } = charter.charter;
  const problem =
    session.account() === chair
      ? recordedVotesRefusal(charter.charter, decision)
      : `\`${chair}\` chairs the committee \`${decision.name}\`, and signs for it`;
  if (problem !== undefined) {
    throw new CliError('refused', `the decision would not count: ${problem}`, {
      details: { next: `correct \`${file}\`; the chair signs it` },
    });
  }
  const minutes = readMinutes(resolve(session.cwd, dirname(file), decision.minutes));
  await session
    .client()
    .call(blobRoutes.put, { body: minutes, contentType: 'application/octet-stream' });
  return {
    ...decision,
    charter: charter.digest,
    minutes: createHash('sha256').update(minutes).digest('hex'),
  };
}

function readMinutes(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new CliError(
      'file_missing',
      `the minutes \`${path}\` cannot be read; check \`minutes\``,
      {
        cause,
      },
    );
  }
}
