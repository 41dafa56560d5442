// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes, identityRoutes } from '@countersign/contract';
import {
  approvalDraft,
  approvalSentence,
  type ChangeRequestReview,
  type Decision,
  deputationsOf,
  discussionOf,
  evidenceToName,
  type OpenRole,
  openBlocking,
  type RecordSet,
  ROLES,
  rolesActedIn,
  rolesOpenTo,
  subjectText,
} from '@countersign/kernel';
import { resolveDigest } from '../client/digests.ts';
import { promoteRequest } from '../client/promote-request.ts';
import { verifiedBundle } from '../client/verified-records.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { describeChangeRequest } from '../output/describe-change-request.ts';
import { describeDiscussion } from '../output/describe-discussion.ts';
import { committeeDecision } from '../papers/committee-decision.ts';
import { changeRequestReview } from '../records/change-request-review.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

const OPTIONS = [
  {
    flags: '--role ROLE',
    summary: 'the duty you sign in; needed when you hold several that are asked for',
  },
  {
    flags: '--statement TEXT',
    summary: 'what you state; a plain sentence with your meaning unless given',
  },
  {
    flags: '--as-deputy-of ACCOUNT',
    summary: 'stand in for a holder of the role, by a signed deputation; needs --role',
  },
  {
    flags: '--committee FILE',
    summary:
      'sign as its chair: YAML with name, attendance, votes (for, against, abstain), dissent and minutes (a file beside it)',
  },
  {
    flags: '--even-if-conflicted',
    summary:
      'send it although a conflict was computed here; the server refuses it and the attempt is on record',
  },
] as const;

export const approve: Command = {
  name: 'approve',
  summary: 'sign an approval, after recomputing what it stands for',
  description:
    'Fetches everything the change request rests on, verifies it against the founding record, judges gates and conflicts here, shows what is signed, and signs with your key.',
  example: 'countersign approve 3f2a9c0d1e4b --as lena.legal',
  arguments: [
    { name: 'request', summary: 'digest of the change request, eight characters or more' },
  ],
  options: [
    ...OPTIONS,
    {
      flags: '--promote',
      summary: 'then ask for the warrant: minted if this approval was the last thing missing',
    },
  ],
  run: approveAndPromote,
};

export const reject: Command = {
  name: 'reject',
  summary: 'sign a rejection of a change request',
  example:
    'countersign reject 3f2a9c0d1e4b --statement "the cutoff is not explained" --as lena.legal',
  arguments: [
    { name: 'request', summary: 'digest of the change request, eight characters or more' },
  ],
  options: OPTIONS,
  run: (input, session) => decide(input, session, 'reject'),
};

/** Told before anybody signs; it stops nothing unless policy says so. */
function blockingQuestions(set: RecordSet, digest: string): readonly string[] {
  const open = openBlocking(discussionOf(set, digest));
  if (open.length === 0) return [];
  return ['', 'open questions that an approver marked as blocking:', ...describeDiscussion(open)];
}

/** The approval stands whether or not the warrant can be minted yet. */
async function approveAndPromote(input: Input, session: Session): Promise<Outcome> {
  const approved = await decide(input, session, 'approve');
  if (!approved.ok || !input.flag('promote')) return approved;
  const { changeRequest, ...result } = approved.result as { readonly changeRequest: string };
  const asked = await promoteRequest(session, changeRequest);
  const { lines } = approved;
  return asked.ok
    ? done({ ...result, changeRequest, warrant: asked.warrant.digest }, ...lines, asked.line)
    : done({ ...result, changeRequest, missing: asked.missing }, ...lines, ...asked.lines);
}

async function decide(input: Input, session: Session, decision: Decision): Promise<Outcome> {
  const client = session.client();
  const digest = await resolveDigest(client, input.argument('request'), { type: 'change-record' });
  const { set } = await verifiedBundle(session, digest);
  const review = changeRequestReview(set, digest, session.now());
  for (const line of describeChangeRequest(review)) session.io.err(line);
  for (const line of blockingQuestions(set, digest)) session.io.err(line);
  const asDeputyOf = input.optionalText('as-deputy-of');
  const role =
    asDeputyOf === undefined
      ? roleFor(input, session, { set, review })
      : deputisedRole(input, session, { set, review, principal: asDeputyOf });
  if (role.conflict !== undefined && !input.flag('even-if-conflicted')) {
    throw new CliError('refused', role.conflict, {
      apiCode: 'conflict_of_duties',
      details: {
        missing: [role.conflict],
        next: 'ask somebody who took no part in building the version',
      },
    });
  }
  const committeeFile = input.optionalText('committee');
  if (decision === 'approve') requireCommittee(review, role, committeeFile !== undefined);
  const evidence = await evidenceFor(session, set, review);
  const { name } = await client.call(identityRoutes.me);
  const committee = await committeeDecision(session, set, committeeFile);
  const recorded = await signOne(
    session,
    approvalDraft(review, {
      decision,
      role,
      evidence,
      printedName: name,
      statement:
        input.optionalText('statement') ??
        `${approvalSentence(review, decision, role)}${standingIn(asDeputyOf)}`,
      ...(asDeputyOf === undefined ? {} : { asDeputyOf }),
      ...(committee === undefined ? {} : { committee }),
    }),
  );
  const word = decision === 'approve' ? 'approved' : 'rejected';
  return done(
    { ...recorded, changeRequest: digest, role: role.role, decision },
    `${word} ${subjectText(review.subject)} to ${review.request.transition} as ${role.role}${asDeputyOf === undefined ? '' : `, as deputy of ${asDeputyOf}`}`,
    describeRecorded(recorded),
  );
}

/** What one person signs counts for nothing where policy asks for a committee, nor the other way: said before it is signed. */
function requireCommittee(review: ChangeRequestReview, signed: OpenRole, isGiven: boolean): void {
  const rule = review.verdict.approvals.find(
    ({ gate, role }) => gate === signed.gate && role === signed.role,
  );
  const committee = rule?.committee;
  if (isGiven === (committee !== undefined)) return;
  throw committee === undefined
    ? usage(
        `policy asks for no committee for the approval by ${signed.role}`,
        'leave out --committee',
      )
    : new CliError(
        'refused',
        `policy asks for the decision of the committee \`${committee}\`, signed by its chair`,
        {
          details: {
            next: 'write down attendance, votes, dissent and minutes, and sign with `--committee decision.yaml`',
          },
        },
      );
}

function roleFor(
  input: Input,
  session: Session,
  at: { readonly set: RecordSet; readonly review: ChangeRequestReview },
): OpenRole {
  const account = session.account();
  const now = session.now();
  const roles = rolesActedIn(at.set, at.review, { account, now });
  const asked = at.review.verdict.approvals;
  const wanted = input.optionalText('role');
  // Somebody outside every role that is asked for may still have tried: their attempt is answered with the conflict.
  const open = rolesOpenTo(at.set, at.review, { account, roles, now });
  const found = wanted === undefined ? open : open.filter(({ role }) => role === wanted);
  const [first, second] = found;
  if (second !== undefined) {
    throw usage(
      `\`${account}\` holds ${found.map(({ role }) => role).join(' and ')}`,
      'name one with --role',
    );
  }
  if (first !== undefined) return first;
  return barred(session, at, {
    wanted,
    held: roles.join(', '),
    asked: asked.map(({ role }) => role).join(', '),
  });
}

function standingIn(principal: string | undefined): string {
  return principal === undefined ? '' : ` I stand in for ${principal} by a signed deputation.`;
}

/** A deputy need not hold the role; whether they stand in for one who does is judged with the approval. */
function deputisedRole(
  input: Input,
  session: Session,
  at: {
    readonly set: RecordSet;
    readonly review: ChangeRequestReview;
    readonly principal: string;
  },
): OpenRole {
  const wanted = input.text('role');
  const account = session.account();
  const mine = deputationsOf(at.set).some(
    (one) => one.deputy === account && one.for === at.principal && one.role === wanted,
  );
  if (!mine) {
    throw new CliError(
      'refused',
      `no deputation lets \`${account}\` stand in for \`${at.principal}\` as ${wanted}`,
      {
        details: {
          next: 'model risk and an administrator sign one: `countersign sign deputies.yaml`',
        },
      },
    );
  }
  const roles = ROLES.filter((role) => role === wanted);
  const [open] = rolesOpenTo(at.set, at.review, { account, roles, now: session.now() });
  if (open !== undefined) return open;
  throw new CliError('refused', `this request asks for no approval by ${wanted}`);
}

/** No approval that the policy asks for is open to them: say why, by the computed conflict where there is one. */
function barred(
  session: Session,
  at: { readonly set: RecordSet; readonly review: ChangeRequestReview },
  facts: { readonly wanted: string | undefined; readonly held: string; readonly asked: string },
): OpenRole {
  const account = session.account();
  const [first] = at.review.verdict.approvals;
  const chosen = at.review.verdict.approvals.find(({ role }) => role === facts.wanted) ?? first;
  if (chosen !== undefined) {
    const [own] = rolesOpenTo(at.set, at.review, {
      account,
      roles: [chosen.role],
      now: session.now(),
    });
    if (own?.conflict !== undefined) return own;
  }
  throw new CliError(
    'refused',
    `\`${account}\` holds ${facts.held === '' ? 'no role' : facts.held}; this request asks for ${facts.asked === '' ? 'no approval' : facts.asked}`,
    { apiCode: 'not_a_signer' },
  );
}

/**
 * What the signer saw: everything the request froze and what has come into force since, as the server lists it; each of
 * them must be in the verified records.
 */
async function evidenceFor(
  session: Session,
  set: RecordSet,
  review: ChangeRequestReview,
): Promise<readonly string[]> {
  const { evidence } = await session
    .client()
    .call(governanceRoutes.get, { params: { digest: review.digest } });
  const named = evidenceToName(set, review, evidence);
  if ('refused' in named) throw new CliError('record_unverified', named.refused);
  return named.evidence;
}
