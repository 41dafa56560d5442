// SPDX-License-Identifier: Apache-2.0
import { blobRoutes } from '@countersign/contract';
import { appliesTo, type CountedRecord, supersededDigests } from '@countersign/kernel';
import { type VerifiedVersion, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { atFile } from '../errors.ts';
import { paperDraft } from '../papers/paper-draft.ts';
import { type Paper, readPaper } from '../papers/read-paper.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

export const assess: Command = {
  name: 'assess',
  summary: 'sign the validator’s conclusion on a version',
  description:
    'The form is a paper with `evidence: validation-report` and members `outcome`, `rating` and `independence`. The record names what it relies on: the validator’s tests and plan, findings, the rebuild.',
  example:
    'countersign assess consumer-credit@1 --form validator/assessment.md --as vera.validator',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--form FILE', summary: 'the assessment', isRequired: true },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
  ],
  run: runAssess,
};

const OUTCOMES: readonly string[] = ['approved', 'approved with conditions', 'not approved'];

async function runAssess(input: Input, session: Session): Promise<Outcome> {
  const file = input.text('form');
  const paper = readPaper(file, readTextFile(session.cwd, file));
  const form = formOf(paper);
  const version = await verifiedVersion(
    session,
    parseVersionName(input.argument('version')),
    input.optionalText('use'),
  );
  const relied = reliedOn(version).map(({ digest }) => digest);
  const { model, use, artifactDigest } = version.context;
  const draft = await paperDraft(
    session,
    paper,
    { model, use, version: version.context.version, artifactDigest },
    { content: { ...form, relied }, source: relied },
  );
  if (draft === undefined) {
    return done(
      { state: 'unchanged', type: paper.evidence },
      'this assessment is the one in force already',
    );
  }
  await session
    .client()
    .call(blobRoutes.put, { body: paper.bytes, contentType: 'application/octet-stream' });
  const recorded = await signOne(session, draft);
  return done(
    { ...recorded, outcome: form.outcome, relied },
    `${form.outcome}: ${model}@${version.context.version} for ${use}, relying on ${relied.length} records`,
    describeRecorded(recorded),
  );
}

function formOf(paper: Paper) {
  if (paper.evidence !== 'validation-report') {
    throw atFile(
      paper.file,
      2,
      `\`evidence\` must be \`validation-report\`, not \`${paper.evidence}\``,
    );
  }
  const { outcome = '', rating = '', independence = '', ...facts } = paper.content.facts;
  if (!OUTCOMES.includes(outcome)) {
    throw atFile(
      paper.file,
      2,
      `\`outcome\` must be one of ${OUTCOMES.join(', ')}, not \`${outcome}\``,
    );
  }
  if (rating === '') throw atFile(paper.file, 2, 'the front matter lacks `rating`');
  if (independence === '') throw atFile(paper.file, 2, 'the front matter lacks `independence`');
  return { outcome, rating, independence, facts };
}

/** The validator's own tests and plan, the rebuild, and findings in force. */
function reliedOn({ set, context }: VerifiedVersion): readonly CountedRecord[] {
  const superseded = supersededDigests(set);
  return set.records.filter((record) => {
    const { type, kind, content } = record.statement.predicate;
    if (superseded.has(record.digest) || !appliesTo(record, context)) return false;
    if (type === 'reproduction-attestation' || type === 'finding') return true;
    if (type === 'test-plan') return kind === 'validation';
    return content.phase === 'validation';
  });
}
