// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { blobRoutes } from '@countersign/contract';
import {
  type Envelope,
  envelopePayload,
  fromUtf8,
  type Json,
  parseEnvelope,
  parseStrictJson,
  verifySignature,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { PROVENANCE_TYPE } from '@countersign/pipeline';
import { neededItem, type VerifiedVersion, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';

export const provenance: Command = {
  name: 'provenance',
  summary: 'the SLSA provenance of the run that built a version',
  description:
    'An in-toto statement in DSSE, signed by the platform: what was made, from which commit, environment and data, with digests. A draft’s, unsigned, lies in the folder that `countersign run` names.',
  example: 'countersign provenance consumer-credit@1 --out consumer-credit.intoto.jsonl',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--out FILE', summary: 'the envelope to write, one line of JSON', isRequired: true },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
  ],
  run: runProvenance,
};

async function runProvenance(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const version = await verifiedVersion(session, name, input.optionalText('use'));
  const { digest } = neededItem(version, 'training-run');
  const named = version.set.byDigest.get(digest)?.statement.predicate.content.provenance;
  if (typeof named !== 'string') {
    throw new CliError('not_found', `the run of ${name.model}@${name.version} left no provenance`, {
      details: { next: 'versions that were imported, or built before it was made, have none' },
    });
  }
  const { bytes } = await session.client().callRaw(blobRoutes.get, { params: { digest: named } });
  const envelope = readEnvelope(bytes, named);
  const statement = verifiedStatement(version, envelope);
  const out = resolve(session.cwd, input.text('out'));
  writeFileSync(out, `${JSON.stringify(envelope)}\n`);
  return done(
    { out, run: digest, provenance: named, statement },
    `${out}: SLSA provenance of ${name.model}@${name.version}, signed by the platform`,
  );
}

function readEnvelope(bytes: Uint8Array, digest: string): Envelope {
  if (createHash('sha256').update(bytes).digest('hex') !== digest)
    throw unverified('the server sent other bytes than the run’s record names');
  return parseEnvelope(parseStrictJson(bytes));
}

/** Signed by a platform key of the firm, and about the artefact of this version. @throws CliError `record_unverified` */
export function verifiedStatement(
  { set, context }: Pick<VerifiedVersion, 'set' | 'context'>,
  envelope: Envelope,
): Json {
  const isSigned = envelope.signatures.some((one) => {
    const key = set.register.get(one.keyid);
    const isPlatform = key?.holder.kind === 'service' && key.holder.service === 'platform';
    return isPlatform && verifySignature(nodePrimitives, envelope, one, key.key);
  });
  if (!isSigned) throw unverified('no signature of the provenance is by the platform’s key');
  const statement = parseStrictJson(fromUtf8(envelopePayload(envelope)));
  const { predicateType, subject } = (statement ?? {}) as Readonly<Record<string, Json>>;
  const subjects = Array.isArray(subject) ? JSON.stringify(subject) : '';
  if (predicateType !== PROVENANCE_TYPE || !subjects.includes(`"${context.artifactDigest}"`))
    throw unverified('what the run’s record names is not the provenance of this version');
  return statement;
}

function unverified(message: string): CliError {
  return new CliError('record_unverified', message);
}
