// SPDX-License-Identifier: Apache-2.0
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { blobRoutes, governanceRoutes } from '@countersign/contract';
import {
  appliesTo,
  type CountedRecord,
  findingDraft,
  recordsOfType,
  type Statement,
  sha256Hex,
  statementBytes,
  supersededDigests,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { type VerifiedVersion, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { atFile, CliError, usage } from '../errors.ts';
import { assessmentDraft } from '../papers/assessment-draft.ts';
import { type Assessment, readAssessment } from '../papers/assessment-form.ts';
import { paperDraft } from '../papers/paper-draft.ts';
import { type Paper, readPaper } from '../papers/read-paper.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { type Draft, personStatement } from '../signing/person-statement.ts';
import { describeRecorded, recordStatements } from '../signing/sign-and-record.ts';

export const assess: Command = {
  name: 'assess',
  summary: 'sign the validator’s conclusion on a version, with the findings it raises',
  description:
    'The form is a paper with `evidence: validation-report`, members `outcome`, `rating` and `independence`, and sections on conceptual soundness, data, outcomes, limitations, conditions, rating and independence. Its findings, and conditions with an owner and a date, are signed in the same go and are raised once, however often it is run. The record names what it relies on: the validator’s tests and plan, findings, the rebuild. --draft writes the form with what the records say.',
  example:
    'countersign assess consumer-credit@1 --form validator/assessment.md --as vera.validator',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--form FILE', summary: 'the assessment, to be signed' },
    { flags: '--draft FILE', summary: 'write the form there, prefilled; nothing is signed' },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
  ],
  run: runAssess,
};

async function runAssess(input: Input, session: Session): Promise<Outcome> {
  const form = input.optionalText('form');
  const draft = input.optionalText('draft');
  if ((form === undefined) === (draft === undefined))
    throw usage('give --form to sign an assessment, or --draft to write one');
  const name = parseVersionName(input.argument('version'));
  const read = form === undefined ? undefined : readForm(session, form);
  const version = await verifiedVersion(session, name, input.optionalText('use'));
  if (read === undefined) return writeDraft(session, version, draft ?? '');
  refuseUnknownFindings(version, read);
  return signAssessment(session, version, read);
}

interface Form {
  readonly paper: Paper;
  readonly assessment: Assessment;
}

function readForm(session: Session, file: string): Form {
  const text = readTextFile(session.cwd, file);
  const paper = readPaper(file, text);
  return { paper, assessment: readAssessment(paper, text) };
}

function writeDraft(session: Session, version: VerifiedVersion, file: string): Outcome {
  const path = resolve(session.cwd, file);
  if (existsSync(path)) throw new CliError('refused', `\`${file}\` is there already`);
  const { model, version: n } = version.context;
  const relied = reliedOn(version);
  const text = assessmentDraft({
    name: `${model}@${n}`,
    account: session.account(),
    set: version.set,
    relied,
  });
  writeFileSync(path, text, { flag: 'wx' });
  return done(
    { file, relied: relied.map(({ digest }) => digest) },
    `wrote \`${file}\`, relying on ${relied.length} records; answer what stands in its comments, then sign it with --form`,
  );
}

/** A number that the register does not know would send whoever reads the assessment looking for nothing. */
function refuseUnknownFindings(
  { set, context }: VerifiedVersion,
  { paper, assessment }: Form,
): void {
  const known = new Set(
    recordsOfType(set, 'finding')
      .filter(({ statement }) => statement.predicate.subjectRef.model === context.model)
      .map(({ statement }) => statement.predicate.content.id),
  );
  const unknown = assessment.named.find(({ id }) => !known.has(id));
  if (unknown === undefined) return;
  throw atFile(
    paper.file,
    unknown.line,
    `no finding \`${context.model}/${unknown.id}\` is in the register; raise it here as \`### Title\``,
  );
}

async function signAssessment(
  session: Session,
  version: VerifiedVersion,
  form: Form,
): Promise<Outcome> {
  const { paper, assessment } = form;
  const by = { account: session.account(), founding: session.root(), now: session.now() };
  const relied = reliedOn(version).map(({ digest }) => digest);
  const { model, use, artifactDigest, version: n } = version.context;
  const { outcome, rating, grade, scale, independence, facts, conditions } = assessment;
  const content = { outcome, rating, grade, scale, independence, facts, conditions, relied };
  const target = { model, use, version: n, artifactDigest };
  const draft = await paperDraft(session, paper, target, { content, source: relied });
  const report = draft === undefined ? undefined : personStatement(draft, by);
  const digest = report === undefined ? reportInForce(version) : digestOf(report);
  const raised = (await findingDrafts(session, version, { assessment, report: digest })).map(
    (one) => personStatement(one, by),
  );
  const statements = [...(report === undefined ? [] : [report]), ...raised];
  if (statements.length === 0) {
    return done(
      { state: 'unchanged', type: paper.evidence },
      'this assessment is the one in force already, and its findings are raised',
    );
  }
  if (report !== undefined) {
    await session
      .client()
      .call(blobRoutes.put, { body: paper.bytes, contentType: 'application/octet-stream' });
  }
  session.io.err(`signing ${statements.map(({ predicate }) => predicate.type).join(', ')}:`);
  const recorded = await recordStatements(session, statements);
  const findings = raised.map(({ predicate }, at) => ({
    id: predicate.content.id,
    title: predicate.content.title,
    digest: recorded[at + statements.length - raised.length]?.digest,
  }));
  return done(
    { ...recorded[0], outcome, grade, relied, conditions, findings },
    ...(report === undefined
      ? []
      : [`${outcome}: ${model}@${n} for ${use}, relying on ${relied.length} records`]),
    ...recorded.map(describeRecorded),
    ...findings.map(({ id, title }) => `${model}/${id}: ${title}`),
  );
}

function digestOf(statement: Statement): string {
  return sha256Hex(nodePrimitives, statementBytes(statement));
}

function reportInForce({ set, context }: VerifiedVersion): string {
  const superseded = supersededDigests(set);
  const found = recordsOfType(set, 'validation-report').findLast(
    (record) => !superseded.has(record.digest) && appliesTo(record, context),
  );
  if (found !== undefined) return found.digest;
  throw new CliError('record_unverified', 'the assessment in force does not count');
}

const CONDITION_TITLE_MAX = 90;

/** Findings of the form, and conditions that have an owner and a date, that no assessment of this version raised yet. */
async function findingDrafts(
  session: Session,
  version: VerifiedVersion,
  at: { readonly assessment: Assessment; readonly report: string },
): Promise<readonly Draft[]> {
  const { workspace, model, use, version: n } = version.context;
  const known = raisedTitles(version);
  const wanted = [
    ...at.assessment.findings,
    ...at.assessment.conditions.flatMap(({ text, owner, due, severity = 'medium' as const }) =>
      owner === undefined || due === undefined
        ? []
        : [
            {
              title: `Condition: ${clip(text)}`,
              ...{ severity, owner, due, blocking: false, description: text },
              condition: at.report,
            },
          ],
    ),
  ].filter(({ title }) => !known.has(title));
  if (wanted.length === 0) return [];
  const { nextId } = await session.client().call(governanceRoutes.findings, { query: { model } });
  const first = Number(/^F-(\d{1,9})$/.exec(nextId ?? '')?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(first))
    throw new CliError('server_answer_invalid', 'the server gave no number for the finding');
  return wanted.map((finding, index) => ({
    ...findingDraft(
      { workspace, model, use, version: n },
      { id: `F-${first + index}`, source: 'validation', ...finding },
    ),
    source: [at.report],
  }));
}

function clip(text: string): string {
  return text.length <= CONDITION_TITLE_MAX ? text : `${text.slice(0, CONDITION_TITLE_MAX - 1)}…`;
}

/** By title: a form that is corrected and signed again raises what is new in it. */
function raisedTitles({ set, context }: VerifiedVersion): ReadonlySet<string> {
  const reports = new Set(
    recordsOfType(set, 'validation-report')
      .filter(({ statement: { predicate } }) => {
        const { model, version } = predicate.subjectRef;
        return model === context.model && version === context.version;
      })
      .map(({ digest }) => digest),
  );
  const titles = recordsOfType(set, 'finding')
    .filter(({ statement }) => statement.predicate.source.some((one) => reports.has(one)))
    .map(({ statement }) => String(statement.predicate.content.title));
  return new Set(titles);
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
