// SPDX-License-Identifier: Apache-2.0
import {
  type AuthorAttributionContent,
  KernelError,
  readAttributionContent,
} from '@countersign/kernel';
import { verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { authorsView, describeAuthors } from '../output/describe-authors.ts';
import { short } from '../output/table.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

export const attribute: Command = {
  name: 'attribute',
  summary: 'say whose a commit address is, or list a version’s commit authors',
  description:
    'A high-tier version is not promoted while an author of its commits is unknown. Whose an address is say two persons of validation, model risk and compliance: the second adds a signature with `countersign sign --add DIGEST`. An account that owns up to an address alone becomes a developer; the address stays unknown. A programme that commits is `bot:NAME`. An attribution only ever adds a developer; none takes another back.',
  example:
    'countersign attribute dana@laptop.example --account dana.developer --reason "her laptop, seen" --as mia.risk',
  arguments: [
    { name: 'email', summary: 'the address as the commit has it; `<>` for none', isOptional: true },
  ],
  options: [
    { flags: '--account ACCOUNT', summary: 'whose it is: an account, or bot:NAME' },
    { flags: '--reason TEXT', summary: 'how that is known' },
    {
      flags: '--commit-key FINGERPRINT',
      summary: 'the key that signs under it, too: SHA256:… (SSH) or an OpenPGP fingerprint',
    },
    {
      flags: '--public-key FILE',
      summary: 'the OpenPGP key of --commit-key, armoured, so that its signatures can be verified',
    },
    { flags: '--list MODEL@N', summary: 'show the authors of a version and whose they are' },
  ],
  run: runAttribute,
};

async function runAttribute(input: Input, session: Session): Promise<Outcome> {
  const listed = input.optionalText('list');
  const email = input.optionalArgument('email');
  if (listed !== undefined) {
    if (email !== undefined) throw usage('--list takes no address');
    const { set, context } = await verifiedVersion(session, parseVersionName(listed));
    const view = authorsView(set, context);
    return done(view, ...describeAuthors(view));
  }
  if (email === undefined) throw usage('name the address, or a version with --list');
  const content = contentOf(input, session, email);
  const recorded = await signOne(session, {
    type: 'author-attribution',
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    content,
  });
  const next =
    recorded.state === 'recorded'
      ? []
      : [`another person signs it with \`countersign sign --add ${short(recorded.digest)}\``];
  return done(recorded, describeRecorded(recorded), ...next);
}

function contentOf(input: Input, session: Session, email: string): AuthorAttributionContent {
  const account = input.optionalText('account');
  const reason = input.optionalText('reason');
  if (account === undefined) throw usage('say whose the address is with --account');
  if (reason === undefined) throw usage('say how that is known with --reason');
  const commitKey = input.optionalText('commit-key');
  const file = input.optionalText('public-key');
  const content = {
    email,
    account,
    reason,
    ...(commitKey === undefined ? {} : { commitKey }),
    ...(file === undefined ? {} : { publicKey: readTextFile(session.cwd, file) }),
  };
  try {
    return readAttributionContent(content);
  } catch (cause) {
    if (cause instanceof KernelError) throw usage(cause.message);
    throw cause;
  }
}
