// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import type { CommitObject } from './commit-object.ts';
import { OPENPGP_SIGNATURE_HEAD, type OpenPgpKeys, openPgpKeys } from './openpgp-signature.ts';
import { readCommits } from './read-commits.ts';
import { checkSshSignature, SSH_SIGNATURE_HEAD } from './ssh-signature.ts';

/** An address under which commits were made, with the key that signed them; unsigned commits are an entry of their own. */
export interface Contributor {
  readonly email: string;
  readonly signature?: CommitSignature;
}

export interface CommitSignature {
  readonly format: 'ssh' | 'gpg';
  /** `SHA256:…` of an SSH key; fingerprint (or key id) of an OpenPGP key, upper-case hex. */
  readonly key: string;
  readonly verified: boolean;
}

/** Entries of one history: each is a line in a record that people read. */
const CONTRIBUTORS_MAX = 2_000;
/** RFC 5321, section 4.5.3.1: a path is 256 octets at most; git takes anything. */
const EMAIL_CHARACTERS_MAX = 320;

/**
 * Who contributed to commits: the author and committer of every commit that they contain, by address and signing key, in
 * a fixed order. A model has a repository of its own, so that every commit of it is about the model.
 * @param openPgp armoured public keys that OpenPGP signatures can be verified with
 * @throws PipelineError `source_unsupported` beyond the limits, `git_failed`
 */
export async function readContributors(
  directory: string,
  commits: readonly string[],
  openPgp: readonly string[],
): Promise<readonly Contributor[]> {
  const keys = await openPgpKeys(openPgp);
  const found = new Map<string, Contributor>();
  for await (const one of readCommits(directory, commits)) {
    const signature = await signatureOf(one, keys);
    for (const email of one.emails) {
      if (email.length > EMAIL_CHARACTERS_MAX) throw tooLong(email);
      const entry = signature === undefined ? { email } : { email, signature };
      found.set(placeOf(entry), entry);
    }
    if (found.size > CONTRIBUTORS_MAX) throw tooMany(commits[0] ?? '');
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

async function signatureOf(
  commit: CommitObject,
  keys: OpenPgpKeys,
): Promise<CommitSignature | undefined> {
  const { signature, signed } = commit;
  if (signature?.startsWith(SSH_SIGNATURE_HEAD)) {
    const checked = checkSshSignature(signature, signed);
    return checked === undefined ? undefined : { format: 'ssh', ...checked };
  }
  if (signature?.startsWith(OPENPGP_SIGNATURE_HEAD)) {
    const checked = await keys.check(signature, signed);
    return checked === undefined ? undefined : { format: 'gpg', ...checked };
  }
  return undefined; // no signature, or X.509, which is not read
}

/** Unique to an entry and its place in the order: by address, unsigned first, then by key. */
function placeOf({ email, signature }: Contributor): string {
  const { format = '', key = '', verified = false } = signature ?? {};
  return JSON.stringify([email, format, key, verified]);
}

function tooLong(email: string): PipelineError {
  return new PipelineError(
    'source_unsupported',
    `a commit is by an address of ${email.length} characters; ${EMAIL_CHARACTERS_MAX} are read at most`,
    { details: { email: `${email.slice(0, 40)}…` } },
  );
}

function tooMany(commit: string): PipelineError {
  return new PipelineError(
    'source_unsupported',
    `the history of ${commit.slice(0, 12)} has more than ${CONTRIBUTORS_MAX} authors and signing keys; give the model a repository of its own`,
    { details: { commit, contributorsMax: CONTRIBUTORS_MAX } },
  );
}
