// SPDX-License-Identifier: Apache-2.0
import { type EnvelopesReply, registersRoutes } from '@countersign/contract';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { isDigestPrefix } from './digests.ts';

export type EnvelopeEntry = EnvelopesReply['envelopes'][number];

/**
 * The envelope of a model and use that somebody means: by digest, eight characters or more, or by title. One that is used up,
 * expired or replaced is found too: the gate says why it covers nothing. What is told here is not believed: the request names
 * the record by digest, and the kernel judges that.
 * @throws CliError `not_found`, `usage`
 */
export async function envelopeNamed(
  session: Session,
  text: string,
  of: { readonly model: string; readonly use?: string },
): Promise<EnvelopeEntry> {
  const { envelopes } = await session.client().call(registersRoutes.envelopes);
  const own = envelopes.filter(
    ({ model, use }) => model === of.model && (of.use === undefined || use === of.use),
  );
  const wanted = text.trim().toLowerCase();
  const named = own.filter(
    ({ digest, title }) =>
      title.toLowerCase() === wanted || (isDigestPrefix(wanted) && digest.startsWith(wanted)),
  );
  const running = named.filter(({ state }) => state === 'running');
  // Without one that runs, the newest of the name tells why it does not.
  const [first, second] = running.length === 0 ? named.slice(0, 1) : running;
  if (first === undefined) {
    const known = own.map(({ title, digest }) => `${title} (${digest.slice(0, 12)})`).join(', ');
    throw new CliError('not_found', `no envelope of ${of.model} is called \`${text}\``, {
      details: {
        next: known === '' ? 'draw one up with `countersign envelope`' : `there are ${known}`,
      },
    });
  }
  if (second !== undefined) throw usage(`\`${text}\` names two envelopes; give the digest`);
  return first;
}
