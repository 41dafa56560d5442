// SPDX-License-Identifier: Apache-2.0
import {
  isDigest,
  type RecordSet,
  readWarrantRecord,
  recordsOfType,
  type SubjectRef,
  verifyWarrant,
} from '@countersign/kernel';
import { logKeyOf, verifiedFounding, verifiedStatus } from '../client/log-trust.ts';
import { verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import type { Session } from '../session.ts';

export const gate: Command = {
  name: 'gate',
  summary: 'for CI: exit 0 only with a valid warrant, verified here',
  description:
    'Verifies the warrant’s whole chain against --root, and that a fresh signed status lists it, as a gateway does.',
  example: 'countersign gate consumer-credit@1 --stage production --root 3b0c… --demonstration',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    {
      flags: '--stage STAGE',
      summary: 'which warrant',
      isRequired: true,
      choices: ['staging', 'production'],
    },
    {
      flags: '--root DIGEST',
      summary: 'founding record to trust; that of the data directory unless given',
    },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
    { flags: '--demonstration', summary: 'accept a firm founded in demonstration mode' },
  ],
  run: runGate,
};

async function runGate(input: Input, session: Session): Promise<Outcome> {
  const root = input.optionalText('root') ?? session.root();
  if (!isDigest(root))
    throw usage(`\`--root\` must be a SHA-256 digest in lower-case hex, not \`${root}\``);
  const trusting = { ...session, root: () => root };
  const name = parseVersionName(input.argument('version'));
  const { set, context } = await verifiedVersion(trusting, name, input.optionalText('use'));
  const founding = await verifiedFounding(trusting, root);
  logKeyOf(founding);
  const status = await verifiedStatus(trusting, founding, root);
  const stage = input.text('stage') === 'staging' ? 'staging' : 'production';
  const about = `${name.model}@${name.version} for ${context.use} in ${stage}`;
  const denials: string[] = [];
  for (const digest of warrantsFor(set, { ...context, stage })) {
    const check = verifyWarrant(set, {
      warrant: digest,
      environment: stage,
      now: session.now(),
      production: !input.flag('demonstration'),
    });
    const isListed = status.live.includes(digest);
    if (check.ok && isListed) {
      const { expires } = check.grant.warrant;
      return done(
        { ok: true, warrant: digest, expires, about },
        `open: ${about} under warrant ${digest} until ${expires}`,
      );
    }
    if (!check.ok) denials.push(...check.denials.map(({ reason }) => reason));
    if (!isListed)
      denials.push(`warrant ${digest.slice(0, 12)} is not in the signed status of ${status.time}`);
  }
  const reasons = denials.length === 0 ? [`no ${stage} warrant is in the log`] : denials;
  return refused(
    { ok: false, about, reasons },
    `closed: ${about}`,
    ...reasons.map((one) => `  ${one}`),
  );
}

function warrantsFor(
  set: RecordSet,
  wanted: Pick<SubjectRef, 'model' | 'use' | 'version'> & { readonly stage: string },
): readonly string[] {
  return recordsOfType(set, 'deployment-record')
    .flatMap((record) => readWarrantRecord(record) ?? [])
    .filter(
      ({ warrant, subject }) =>
        warrant.environment === wanted.stage &&
        subject.model === wanted.model &&
        subject.use === wanted.use &&
        subject.version === wanted.version,
    )
    .map(({ record }) => record.digest)
    .reverse();
}
