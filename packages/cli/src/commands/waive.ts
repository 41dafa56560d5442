// SPDX-License-Identifier: Apache-2.0
import { newestPolicyDocument, type Policy, type RecordSet, readPolicy } from '@countersign/kernel';
import { type VerifiedVersion, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { short } from '../output/table.ts';
import type { Session } from '../session.ts';
import type { Draft } from '../signing/person-statement.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

const TERMS = [
  { flags: '--reason TEXT', summary: 'why it is tolerable', isRequired: true },
  { flags: '--days N', summary: 'how long; the longest that policy allows unless given' },
  { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
] as const;

export const exceptionsWaive: Command = {
  name: 'exceptions waive',
  summary: 'draw up a waiver of evidence or of a condition, and sign it first',
  description:
    'Policy names in `waivable` what may be done without, by whose signatures together, and for how long; a compensating control is always stated. Signatures, digests, separation of duties and, at high tier, independent validation are never waived. The others sign with `exceptions sign`.',
  example:
    'countersign exceptions waive consumer-credit@1 --evidence dataset-datasheet --control "quarterly audit of the vendor" --reason "the vendor gives none" --as mia.risk',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--evidence ID', summary: 'the evidence to do without' },
    { flags: '--condition ID', summary: 'or the condition: reproducible, independent-validation' },
    { flags: '--control TEXT', summary: 'what is done in its place', isRequired: true },
    ...TERMS,
  ],
  run: waive,
};

export const exceptionsProvisional: Command = {
  name: 'exceptions provisional',
  summary: 'draw up a provisional use before validation is completed, and sign it first',
  description:
    'Policy says in `provisional` at which tiers, who signs, for how long in all, how many answers, and how often it is monitored; the kernel ends the warrant when any of these runs out. A renewal adds no time. The others sign with `exceptions sign`.',
  example:
    'countersign exceptions provisional consumer-credit@1 --limits "new customers only" --monitoring "weekly" --reason "the validator begins in May" --as mia.risk',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--limits TEXT', summary: 'what use is limited to meanwhile', isRequired: true },
    { flags: '--monitoring TEXT', summary: 'what is watched more closely', isRequired: true },
    ...TERMS,
  ],
  run: provisional,
};

async function waive(input: Input, session: Session): Promise<Outcome> {
  const evidence = input.optionalText('evidence');
  const condition = input.optionalText('condition');
  if ((evidence === undefined) === (condition === undefined)) {
    throw usage('give one of `--evidence` and `--condition`');
  }
  const version = await versionOf(input, session);
  const policy = policyOf(version.set);
  const rule = policy.waivable?.find((one) =>
    evidence === undefined ? one.condition === condition : one.evidence === evidence,
  );
  const what = evidence ?? condition;
  if (rule === undefined) {
    const allowed = policy.waivable?.map((one) => one.evidence ?? one.condition).join(', ');
    throw new CliError(
      'refused',
      `policy lets nobody waive \`${what}\`; it names ${allowed === undefined || allowed === '' ? 'nothing' : allowed}`,
      { details: { next: 'record what is missing, or change `waivable` in the promotion policy' } },
    );
  }
  return record(input, session, {
    version,
    kind: 'waiver',
    daysMax: rule.daysMax,
    roles: rule.by,
    content: {
      ...(evidence === undefined ? { condition } : { evidence }),
      compensatingControl: input.text('control'),
    },
  });
}

async function provisional(input: Input, session: Session): Promise<Outcome> {
  const version = await versionOf(input, session);
  const rule = policyOf(version.set).provisional;
  if (rule === undefined) {
    throw new CliError('refused', 'policy allows no provisional use', {
      details: { next: 'have it validated, or change `provisional` in the promotion policy' },
    });
  }
  return record(input, session, {
    version,
    kind: 'provisional',
    daysMax: rule.daysMax,
    roles: rule.signers,
    content: { limits: input.text('limits'), extraMonitoring: input.text('monitoring') },
  });
}

function versionOf(input: Input, session: Session): Promise<VerifiedVersion> {
  const name = parseVersionName(input.argument('version'));
  return verifiedVersion(session, name, input.optionalText('use'));
}

function policyOf(set: RecordSet): Policy {
  const newest = newestPolicyDocument(set, 'promotion-policy');
  return readPolicy(newest?.statement.predicate.content.policy);
}

const DAY_MS = 86_400_000;

async function record(
  input: Input,
  session: Session,
  at: {
    readonly version: VerifiedVersion;
    readonly kind: 'waiver' | 'provisional';
    readonly daysMax: number;
    readonly roles: readonly string[];
    readonly content: object;
  },
): Promise<Outcome> {
  const days = input.count('days') ?? at.daysMax;
  if (days < 1 || days > at.daysMax) {
    throw usage(`\`--days\` must be 1 to ${at.daysMax}, which is what policy allows`);
  }
  // A minute short of the limit: it counts from when the record is logged, which is later than now.
  const expires = new Date(session.io.now().getTime() + days * DAY_MS - 60_000).toISOString();
  const { workspace, model, use, version, artifactDigest } = at.version.context;
  const draft: Draft = {
    type: 'exception-record',
    kind: at.kind,
    scope: 'version',
    subjectRef: { workspace, model, use, version, artifactDigest },
    source: [at.version.artifact.digest],
    content: { ...at.content, reason: input.text('reason'), expires },
  };
  const recorded = await signOne(session, draft);
  return done(
    { ...recorded, kind: at.kind, expires, signers: at.roles },
    describeRecorded(recorded),
    `until ${expires}; signed by ${at.roles.join(' and ')}: the others run \`countersign exceptions sign ${short(recorded.digest)}\``,
  );
}
