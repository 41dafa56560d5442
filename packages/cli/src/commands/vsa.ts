// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { enforcementRoutes } from '@countersign/contract';
import {
  envelopePayload,
  fromUtf8,
  type Json,
  parseEnvelope,
  parseStrictJson,
  VERIFICATION_SUMMARY_TYPE,
  verifySignature,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { resolveDigest } from '../client/digests.ts';
import { verifiedBundle } from '../client/verified-records.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';

export const vsa: Command = {
  name: 'vsa',
  summary: 'the SLSA verification summary of a full production warrant',
  description:
    'For admission controllers that know SLSA: an in-toto statement in DSSE, signed by the platform. Refused for provisional, legacy, staging and ended warrants. It does not end when the warrant does: have it made anew for each deployment.',
  example: 'countersign vsa 5f1e2d3c --out summary.intoto.json',
  arguments: [{ name: 'warrant', summary: 'digest of the warrant, eight characters or more' }],
  options: [{ flags: '--out FILE', summary: 'the envelope to write', isRequired: true }],
  run: runVsa,
};

async function runVsa(input: Input, session: Session): Promise<Outcome> {
  const filter = { type: 'deployment-record', kind: 'promote' };
  const warrant = await resolveDigest(session.client(), input.argument('warrant'), filter);
  const reply = await session
    .client()
    .call(enforcementRoutes.summary, { params: { digest: warrant } });
  // The schema has checked members and types; the kernel reads strictly.
  const envelope = parseEnvelope(reply as unknown as Json);
  const { set } = await verifiedBundle(session, warrant);
  const isSigned = envelope.signatures.some((one) => {
    const key = set.register.get(one.keyid);
    const isPlatform = key?.holder.kind === 'service' && key.holder.service === 'platform';
    return isPlatform && verifySignature(nodePrimitives, envelope, one, key.key);
  });
  const summary = parseStrictJson(fromUtf8(envelopePayload(envelope)));
  const isSummary =
    typeof summary === 'object' &&
    summary !== null &&
    'predicateType' in summary &&
    summary.predicateType === VERIFICATION_SUMMARY_TYPE;
  if (!isSigned || !isSummary) {
    throw new CliError(
      'record_unverified',
      'what the server sent is no verification summary signed by the platform’s key',
    );
  }
  const out = resolve(session.cwd, input.text('out'));
  writeFileSync(out, `${JSON.stringify(reply)}\n`);
  return done(
    { out, warrant, summary },
    `${out}: verification summary of warrant ${warrant.slice(0, 12)}, signed by the platform`,
  );
}
