// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  holdsRole,
  keyStanding,
  RECOVERY_ROLES,
  type RecordSet,
  rulesAt,
} from '@countersign/kernel';
import { verifiedTrust } from '../client/log-trust.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { fields, short, table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { rotationDraft } from '../signing/rotation-draft.ts';
import { signOne } from '../signing/sign-and-record.ts';
import { describeProposed, handOver } from './keys.ts';

export const foundingShow: Command = {
  name: 'founding show',
  summary: 'the root, who administers now, how many act together, and what is about to change',
  example: 'countersign founding show',
  run: showFounding,
};

const PLAN_OPTIONS = [
  {
    flags: '--plan FILE',
    summary: 'YAML: quorum, delayHours, reason, administrators [{key} or {account, keyFile}]',
    isRequired: true,
  },
  { flags: '--out FILE', summary: 'the proposal, for new administrators, who hold no key yet' },
];

export const foundingRotate: Command = {
  name: 'founding rotate',
  summary: 'propose all administrators from then on; old and new quorum sign',
  description:
    'Those in force whom the plan leaves out are retired. It takes effect after the firm’s delay. Every new administrator accepts with the new key.',
  example: 'countersign founding rotate --plan administrators.yaml --as ada.admin',
  options: PLAN_OPTIONS,
  run: (input, session) => propose(input, session, 'rotate'),
};

export const foundingRecover: Command = {
  name: 'founding recover',
  summary: 'propose new administrators when the quorum is lost; watching duties sign',
  description: `Signed by as many different persons and duties of ${RECOVERY_ROLES.join(', ')} as the founding record asks, none of whom becomes administrator, and by the new administrators. An administrator in force can object until it takes effect.`,
  example: 'countersign founding recover --plan administrators.yaml --as cora.compliance',
  options: PLAN_OPTIONS,
  run: (input, session) => propose(input, session, 'recover'),
};

export const foundingObject: Command = {
  name: 'founding object',
  summary: 'stop a recovery before it takes effect, as an administrator in force',
  example: 'countersign founding object 3f2a91c0d4e5 --reason "nobody is lost" --as ada.admin',
  arguments: [{ name: 'rotation', summary: 'digest of the recovery; see `founding show`' }],
  options: [{ flags: '--reason TEXT', summary: 'why', isRequired: true }],
  run: objectToRecovery,
};

async function propose(
  input: Input,
  session: Session,
  kind: 'rotate' | 'recover',
): Promise<Outcome> {
  const trust = await verifiedTrust(session, session.root());
  const draft = await rotationDraft(session, { plan: input.text('plan'), kind, trust });
  const recorded = await signOne(session, draft);
  const out = input.optionalText('out');
  return done(recorded, ...describeProposed(recorded), ...(await handOver(session, recorded, out)));
}

async function objectToRecovery(input: Input, session: Session): Promise<Outcome> {
  const prefix = input.argument('rotation');
  const trust = await verifiedTrust(session, session.root());
  const found = trust.rules.find(
    ({ kind, record, from }) =>
      kind === 'recover' && from > session.now() && record.startsWith(prefix),
  );
  if (found === undefined) {
    throw new CliError('not_found', `no recovery \`${prefix}\` is under way`, {
      details: { next: 'see what is about to change with `countersign founding show`' },
    });
  }
  const recorded = await signOne(session, {
    type: 'founding-rotation',
    kind: 'object',
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    source: [found.record],
    content: { rotation: found.record, reason: input.text('reason') },
  });
  return done({ ...recorded, rotation: found.record }, ...describeProposed(recorded));
}

async function showFounding(_input: Input, session: Session): Promise<Outcome> {
  const trust = await verifiedTrust(session, session.root());
  const shown = presentFounding(trust, session.now());
  const { rules, recovery } = shown;
  return done(
    shown,
    ...fields([
      ['firm', shown.demonstration ? `${shown.firm} (demonstration)` : shown.firm],
      ['root', shown.root],
      ['together', `${rules.quorum} administrators act together`],
      ['delay', `${rules.delayHours} h until a new key counts`],
      [
        'recovery',
        `${recovery.persons} persons in ${recovery.persons} of the duties ${RECOVERY_ROLES.join(', ')}; ${recovery.delayHours} h to object`,
      ],
    ]),
    ...table(
      ['key', 'administrator', 'standing', 'from'],
      shown.administrators.map((one) => [
        short(one.keyid),
        one.account,
        one.standing,
        one.effectiveFrom,
      ]),
    ),
    ...shown.pending.map(
      ({ kind, record, from, quorum, delayHours }) =>
        `${kind} ${short(record)} takes effect at ${from}: ${quorum} act together, changes take ${delayHours} h`,
    ),
  );
}

function presentFounding(trust: RecordSet, now: string) {
  const { firm, demonstration, recovery, logOrigin } = trust.founding;
  const { quorum, delayHours, record } = rulesAt(trust, now);
  return {
    root: trust.root,
    firm,
    demonstration,
    logOrigin,
    rules: { quorum, delayHours, record },
    recovery,
    administrators: [...trust.register.values()]
      .filter((key) => holdsRole(key, 'administrator'))
      .map((key) => ({
        keyid: key.key.keyid,
        account: accountOf(key),
        standing: keyStanding(key, now),
        effectiveFrom: key.effectiveFrom,
        endings: key.endings,
      })),
    pending: trust.rules.filter(({ from }) => from > now),
  };
}
