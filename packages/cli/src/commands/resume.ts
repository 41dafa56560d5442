// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes, type WarrantsReply } from '@countersign/contract';
import { type CountedRecord, endingsOf } from '@countersign/kernel';
import { resolveDigest } from '../client/digests.ts';
import { verifiedBundle } from '../client/verified-records.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { describeRecorded, type Recorded, signAndRecord } from '../signing/sign-and-record.ts';

export const resume: Command = {
  name: 'resume',
  summary: 'lift a suspension: gateways take the warrant back within seconds',
  description:
    'Takes the model’s owner and a validator, two people, and the finding that was closed for it. The first of them signs with this command; the record then waits for the other, who adds a signature with `countersign sign --add DIGEST`. A revoked or retired warrant is not resumed: promote anew.',
  example:
    'countersign resume 4f1d2c3b5a69 --finding consumer-credit/F-2 --reason "the feed was repaired" --as omar.owner',
  arguments: [{ name: 'warrant', summary: 'digest of the warrant, eight characters or more' }],
  options: [
    {
      flags: '--finding FINDING',
      summary: 'the closed finding, MODEL/F-N, or the digest of the record that closed it',
      isRequired: true,
    },
    { flags: '--reason TEXT', summary: 'why it may answer again', isRequired: true },
  ],
  run: runResume,
};

type WarrantEntry = WarrantsReply['warrants'][number];

async function runResume(input: Input, session: Session): Promise<Outcome> {
  const warrant = await findWarrant(input.argument('warrant'), session);
  const finding = await closedFinding(input.text('finding'), session);
  const suspensions = await standingSuspensions(session, warrant);
  const { workspace } = session.profile();
  const { model, use, version, environment, artifactDigest } = warrant;
  const recorded = await signAndRecord(
    session,
    suspensions.map(({ digest }) => ({
      type: 'deployment-record',
      kind: 'resume',
      scope: 'version',
      subjectRef: { workspace, model, use, version, artifactDigest },
      source: [warrant.digest, digest, finding],
      content: {
        warrant: warrant.digest,
        environment,
        reason: input.text('reason'),
        suspension: digest,
        finding,
      },
    })),
  );
  const result = { warrant: warrant.digest, records: recorded };
  return done(result, ...recorded.map(describeRecorded), ...nextStep(warrant, recorded));
}

function nextStep(
  { digest, model, version }: WarrantEntry,
  recorded: readonly Recorded[],
): readonly string[] {
  const waiting = recorded.filter(({ state }) => state !== 'recorded');
  if (waiting.length === 0)
    return [`warrant ${digest.slice(0, 12)} of ${model}@${version} may answer again`];
  return waiting.map((one) => `then: countersign sign --add ${one.digest.slice(0, 12)}`);
}

/** The record that closed it: a finding named by its number stands at its newest state in the register. */
async function closedFinding(text: string, session: Session): Promise<string> {
  const number = /^([a-z0-9][a-z0-9._-]{0,127})\/(F-\d{1,9})$/.exec(text);
  if (number === null) return resolveDigest(session.client(), text, { type: 'finding' });
  const [, model = '', id = ''] = number;
  const { findings } = await session
    .client()
    .call(governanceRoutes.findings, { query: { model, status: 'closed' } });
  const closed = findings.find((one) => one.id === id);
  if (closed !== undefined) return closed.digest;
  throw new CliError('refused', `\`${text}\` is no closed finding`, {
    details: { next: `close it with \`countersign findings close ${text}\`` },
  });
}

async function findWarrant(text: string, session: Session): Promise<WarrantEntry> {
  if (!/^[0-9a-f]{8,64}$/.test(text)) throw usage(`\`${text}\` is no digest of a warrant`);
  const { warrants } = await session.client().call(governanceRoutes.warrants, { query: {} });
  const [first, second] = warrants.filter(({ digest }) => digest.startsWith(text));
  if (first === undefined) throw new CliError('not_found', `no warrant \`${text}\` is known`);
  if (second !== undefined) throw usage(`\`${text}\` begins more than one digest`);
  return first;
}

/** From verified records: what must be lifted is not the server's to say. */
async function standingSuspensions(
  session: Session,
  { digest }: WarrantEntry,
): Promise<readonly CountedRecord[]> {
  const { set } = await verifiedBundle(session, digest);
  const endings = endingsOf(set, digest);
  const final = endings.find(({ statement }) => statement.predicate.kind !== 'suspend');
  if (final !== undefined) {
    throw new CliError(
      'refused',
      `warrant ${digest.slice(0, 12)} was ended for good by record ${final.digest.slice(0, 12)}`,
      { details: { next: 'promote the version anew' } },
    );
  }
  if (endings.length === 0)
    throw new CliError('refused', `warrant ${digest.slice(0, 12)} is not suspended`);
  return endings;
}
