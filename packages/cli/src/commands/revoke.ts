// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { governanceRoutes, type WarrantsReply } from '@countersign/contract';
import { verifiedStatus, verifiedTrust } from '../client/log-trust.ts';
import { isVersionName, parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

export const revoke: Command = {
  name: 'revoke',
  summary: 'end a warrant: gateways stop answering within seconds',
  example:
    'countersign revoke consumer-credit@1 --stage production --reason "drift in the branch" --as mia.risk',
  arguments: [{ name: 'what', summary: 'MODEL@N, or the digest of a warrant' }],
  options: [
    { flags: '--reason TEXT', summary: 'why', isRequired: true },
    {
      flags: '--stage STAGE',
      summary: 'of MODEL@N: which warrant; production unless given',
      choices: ['staging', 'production'],
    },
    {
      flags: '--kind KIND',
      summary: 'revoke unless given',
      choices: ['revoke', 'suspend', 'retire'],
    },
  ],
  run: runRevoke,
};

type WarrantEntry = WarrantsReply['warrants'][number];
const BITE_TIMEOUT_MS = 15_000;
const POLL_MS = 250;

async function runRevoke(input: Input, session: Session): Promise<Outcome> {
  const warrant = await findWarrant(input, session);
  const { workspace } = session.profile();
  const { model, use, version, environment, artifactDigest } = warrant;
  const kind = input.optionalText('kind') ?? 'revoke';
  const recorded = await signOne(session, {
    type: 'deployment-record',
    kind,
    scope: 'version',
    subjectRef: { workspace, model, use, version, artifactDigest },
    source: [warrant.digest],
    content: { warrant: warrant.digest, environment, reason: input.text('reason') },
  });
  const seconds = await untilGone(session, warrant.digest);
  return done(
    { ...recorded, warrant: warrant.digest, statusSeconds: seconds },
    describeRecorded(recorded),
    `warrant ${warrant.digest.slice(0, 12)} of ${model}@${version} in ${environment} ${kind === 'suspend' ? 'is suspended' : 'has ended'}; the signed status left it out after ${seconds.toFixed(1)} s`,
  );
}

async function findWarrant(input: Input, session: Session): Promise<WarrantEntry> {
  const what = input.argument('what');
  const { warrants } = await session.client().call(governanceRoutes.warrants, { query: {} });
  const stage = input.optionalText('stage') ?? 'production';
  const found = isVersionName(what)
    ? ofVersion(warrants, { what, stage, now: session.now() })
    : byPrefix(warrants, what);
  const [first, second] = found;
  if (first === undefined) {
    throw new CliError('not_found', `no warrant of \`${what}\` stands in ${stage}`, {
      details: { next: 'name another --stage, or the warrant by its digest' },
    });
  }
  if (second !== undefined)
    throw usage(`\`${what}\` has more than one warrant`, 'name one by its digest');
  return first;
}

/** The live ones; without any, the newest that is restricted: nobody goes back to an older version before it has ended. */
function ofVersion(
  warrants: readonly WarrantEntry[],
  at: { readonly what: string; readonly stage: string; readonly now: string },
): readonly WarrantEntry[] {
  const { model, version } = parseVersionName(at.what);
  const standing = warrants.filter(
    (one) =>
      one.model === model &&
      one.version === version &&
      one.environment === at.stage &&
      one.endedBy.length === 0 &&
      at.now < one.expires,
  );
  const live = standing.filter((one) => one.live);
  return live.length > 0 ? live : standing.slice(0, 1);
}

function byPrefix(warrants: readonly WarrantEntry[], text: string): readonly WarrantEntry[] {
  if (!/^[0-9a-f]{8,64}$/.test(text)) throw usage(`\`${text}\` is neither MODEL@N nor a digest`);
  return warrants.filter(({ digest }) => digest.startsWith(text));
}

/** Seconds until a signed status no longer lists it. @throws CliError when that takes too long */
async function untilGone(session: Session, warrant: string): Promise<number> {
  const trust = await verifiedTrust(session, session.root());
  const begun = performance.now();
  for (;;) {
    const { live } = await verifiedStatus(session, trust);
    const elapsed = performance.now() - begun;
    if (!live.includes(warrant)) return elapsed / 1000;
    if (elapsed > BITE_TIMEOUT_MS) {
      throw new CliError(
        'refused',
        'the revocation is recorded, but the signed status still lists the warrant',
        {
          details: {
            next: 'check that the sequencer runs; gateways stop once their status is a minute old',
          },
        },
      );
    }
    await sleep(POLL_MS);
  }
}
