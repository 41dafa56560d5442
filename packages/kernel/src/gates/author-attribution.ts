// SPDX-License-Identifier: Apache-2.0
import { accountOf, type EnrolledKey, holdsRole } from '../identity/key-register.ts';
import type { Role } from '../identity/roles.ts';
import type { AuthorAttributionContent } from '../records/contents.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import { asNonEmpty, type JsonObject, malformed, onlyKeys, optional } from '../records/shape.ts';

/** Who may say whose an address is, two of them together: nobody who builds models, and nobody alone. */
export const ATTRIBUTING_ROLES: readonly Role[] = ['validator', 'model-risk', 'compliance'];

/** An address of a programme that commits: `bot:` and its name in place of an account. */
const BOT = /^bot:[a-z0-9][a-z0-9._-]{0,63}$/;
const SSH_FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const OPENPGP_FINGERPRINT = /^(?:[0-9A-F]{16}|[0-9A-F]{40}|[0-9A-F]{64})$/;
const EMAIL_CHARACTERS_MAX = 320;
const PUBLIC_KEY_CHARACTERS_MAX = 16_384;

/** A signed statement of whose a commit address, and perhaps a commit key, is. */
export interface Attribution extends AuthorAttributionContent {
  readonly record: string;
  /** The accounts whose signatures make it count. */
  readonly by: readonly string[];
}

export function isBot(account: string): boolean {
  return account.startsWith('bot:');
}

/** @throws KernelError `record_malformed` naming the member */
export function readAttributionContent(content: JsonObject): AuthorAttributionContent {
  const at = 'content';
  onlyKeys(content, ['email', 'account', 'reason', 'commitKey', 'publicKey'], at);
  const email = asNonEmpty(content.email, `${at}.email`);
  if (email.length > EMAIL_CHARACTERS_MAX)
    throw malformed(`${at}.email`, `${EMAIL_CHARACTERS_MAX} characters at most`);
  const account = asNonEmpty(content.account, `${at}.account`);
  if (isBot(account) && !BOT.test(account))
    throw malformed(`${at}.account`, 'an account, or `bot:` and a name such as `bot:ci`');
  const commitKey = optional(content.commitKey, `${at}.commitKey`, (value, path) => {
    const key = asNonEmpty(value, path);
    if (SSH_FINGERPRINT.test(key) || OPENPGP_FINGERPRINT.test(key)) return key;
    throw malformed(
      path,
      'the fingerprint of a key: `SHA256:…` as `ssh-keygen -l` prints it, or 40 upper-case hex digits of `gpg --fingerprint`',
    );
  });
  const publicKey = optional(content.publicKey, `${at}.publicKey`, asNonEmpty);
  if (publicKey !== undefined && publicKey.length > PUBLIC_KEY_CHARACTERS_MAX)
    throw malformed(`${at}.publicKey`, `${PUBLIC_KEY_CHARACTERS_MAX} characters at most`);
  if (publicKey !== undefined && !OPENPGP_FINGERPRINT.test(commitKey ?? ''))
    throw malformed(`${at}.publicKey`, 'absent, or the OpenPGP key that `commitKey` names');
  return {
    email,
    account,
    reason: asNonEmpty(content.reason, `${at}.reason`),
    ...(commitKey === undefined ? {} : { commitKey }),
    ...(publicKey === undefined ? {} : { publicKey }),
  };
}

/**
 * The accounts that make an attribution count: the attributed account itself, or two persons of validation, model risk
 * and compliance. A bot has no key and takes the two. Undefined when they do not suffice.
 */
export function attributingAccounts(
  content: Pick<AuthorAttributionContent, 'account'>,
  signers: readonly EnrolledKey[],
): readonly string[] | undefined {
  const persons = signers.filter(({ holder }) => holder.kind === 'person');
  if (persons.some((key) => accountOf(key) === content.account)) return [content.account];
  const independent = persons.filter((key) =>
    ATTRIBUTING_ROLES.some((role) => holdsRole(key, role)),
  );
  const accounts = [...new Set(independent.map(accountOf))].sort();
  return accounts.length >= 2 ? accounts : undefined;
}

/**
 * Every attribution that counts. None takes back another: an address can be said to be two persons', and both are then
 * developers. One that cannot be read says nothing; that leaves its address unattributed.
 */
export function attributionsOf(set: RecordSet, workspace: string): readonly Attribution[] {
  return recordsOfType(set, 'author-attribution').flatMap((record) => {
    if (record.statement.predicate.subjectRef.workspace !== workspace) return [];
    const content = contentOf(record);
    const by = content === undefined ? undefined : attributingAccounts(content, record.signers);
    return content === undefined || by === undefined
      ? []
      : [{ ...content, by, record: record.digest }];
  });
}

function contentOf(record: CountedRecord): AuthorAttributionContent | undefined {
  try {
    return readAttributionContent(record.statement.predicate.content);
  } catch {
    return undefined;
  }
}

/** Addresses are compared as people write them: upper and lower case are one. */
export function sameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
