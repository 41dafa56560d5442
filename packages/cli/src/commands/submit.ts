// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes } from '@countersign/contract';
import {
  CHANGE_CLASSES,
  fromBase64,
  parseStrictJson,
  readStatement,
  type Statement,
  sha256Hex,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { resolveDigest } from '../client/digests.ts';
import { useOfVersion } from '../client/use-of-version.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { describeVerdict } from '../output/describe-change-request.ts';
import type { Session } from '../session.ts';
import { describeRecorded, recordStatements } from '../signing/sign-and-record.ts';

export const submit: Command = {
  name: 'submit',
  summary: 'open a change request and judge its automatic conditions',
  description:
    'Freezes artefact, evidence, policy, packs and rules version in a change request that you sign. A request whose conditions do not hold is opened all the same: it says what is missing.',
  example:
    'countersign submit consumer-credit@1 --to staging --reason "first candidate" --impact "none yet" --rollback "none needed" --as dana.developer',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    {
      flags: '--to STAGE',
      summary: 'where to',
      isRequired: true,
      choices: ['staging', 'production'],
    },
    { flags: '--reason TEXT', summary: 'why', isRequired: true },
    { flags: '--impact TEXT', summary: 'whom and what it touches', isRequired: true },
    { flags: '--rollback TEXT', summary: 'how it is undone', isRequired: true },
    {
      flags: '--class CLASS',
      summary: 'the class of change; standard unless given',
      choices: CHANGE_CLASSES,
    },
    { flags: '--urgency TEXT', summary: 'of an emergency change: why it cannot wait' },
    { flags: '--envelope DIGEST', summary: 'the approved envelope that the change stays inside' },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
    {
      flags: '--check',
      summary: 'judge it without signing anything; exit 1 when a condition does not hold',
    },
  ],
  run: runSubmit,
};

async function runSubmit(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const use = input.optionalText('use') ?? (await useOfVersion(session, name));
  const transition = input.text('to');
  const change = await classOfInput(input, session);
  const prepared = await session.client().call(governanceRoutes.prepare, {
    body: {
      ...name,
      use,
      transition,
      reason: input.text('reason'),
      impact: input.text('impact'),
      rollback: input.text('rollback'),
      ...change,
    },
  });
  const { verdict } = prepared;
  // The record types of the verdict and of the kernel's are the same; the contract reads it as data.
  const shown = describeVerdict(verdict as Parameters<typeof describeVerdict>[0]);
  if (input.flag('check')) return { ok: verdict.allowed, result: { verdict }, lines: shown };
  const statement = readPrepared(prepared, {
    ...name,
    use,
    transition,
    account: session.account(),
    class: change.class ?? 'standard',
    envelope: change.envelope,
  });
  const [recorded] = await recordStatements(session, [statement]);
  if (recorded === undefined)
    throw new CliError('server_answer_invalid', 'the server recorded nothing');
  const result = { changeRequest: recorded.digest, state: recorded.state, verdict };
  return done(
    result,
    describeRecorded(recorded),
    '',
    ...shown,
    '',
    verdict.allowed
      ? 'every automatic condition of this phase holds'
      : 'conditions do not hold yet: promotion will be refused until they do',
  );
}

interface Wanted {
  readonly model: string;
  readonly version: number;
  readonly use: string;
  readonly transition: string;
  readonly account: string;
  readonly class: string;
  readonly envelope: string | undefined;
}

async function classOfInput(input: Input, session: Session) {
  const stated = input.optionalText('class');
  const urgency = input.optionalText('urgency');
  const named = input.optionalText('envelope');
  const envelope = named === undefined ? undefined : await resolveDigest(session.client(), named);
  const changeClass = CHANGE_CLASSES.find((one) => one === stated);
  return {
    ...(changeClass === undefined ? {} : { class: changeClass }),
    ...(urgency === undefined ? {} : { urgency }),
    ...(envelope === undefined ? {} : { envelope }),
  };
}

/** The server wrote it, the person signs it: it must say what was asked for and nothing about anything else. */
function readPrepared(
  prepared: { readonly payload: string; readonly digest: string },
  wanted: Wanted,
): Statement {
  const payload = fromBase64(prepared.payload);
  const statement = readStatement(parseStrictJson(payload));
  const { type, subjectRef, actor, content } = statement.predicate;
  const isAsked =
    type === 'change-record' &&
    subjectRef.model === wanted.model &&
    subjectRef.version === wanted.version &&
    subjectRef.use === wanted.use &&
    content.transition === wanted.transition &&
    content.class === wanted.class &&
    content.envelope === wanted.envelope &&
    actor === wanted.account &&
    sha256Hex(nodePrimitives, payload) === prepared.digest;
  if (isAsked) return statement;
  throw new CliError(
    'record_unverified',
    'the server prepared another change request than was asked for; do not sign it',
  );
}
