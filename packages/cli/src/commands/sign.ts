// SPDX-License-Identifier: Apache-2.0

import { dirname, resolve } from 'node:path';
import { blobRoutes } from '@countersign/contract';
import { isDigestPrefix } from '../client/digests.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { type PaperTarget, paperDraft } from '../papers/paper-draft.ts';
import { findRepository } from '../papers/pipeline-facts.ts';
import { policyDraft } from '../papers/policy-draft.ts';
import { readPaper } from '../papers/read-paper.ts';
import { validationPlanDraft } from '../papers/validation-plan-draft.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { readHandedStatements } from '../signing/handed-statements.ts';
import { addSignatureTo, findPending, readHanded } from '../signing/pending.ts';
import { describeRecorded, recordStatements, signOne } from '../signing/sign-and-record.ts';

export const sign: Command = {
  name: 'sign',
  summary:
    'sign a paper, a policy, a validation plan or what a page prepared; or add a second signature',
  description:
    'Signs a Markdown paper with front matter, a policy (promotion policy, framework pack, questionnaire) or a validation plan as a record, or the statement that a page of the browser interface saved (.json), with the bytes that it showed. Records that take two persons wait until the second one adds a signature with --add.',
  example: 'countersign sign evidence/intended-use.md --as omar.owner',
  arguments: [
    {
      name: 'file',
      summary:
        'paper (.md), policy or plan (.yaml), saved statement (.json); with --add also a digest',
    },
  ],
  options: [
    { flags: '--add', summary: 'add my signature to a record that awaits it' },
    {
      flags: '--key FILE',
      summary: 'with --add: sign with this key; people/ACCOUNT/key.json unless given',
    },
    {
      flags: '--model MODEL',
      summary: 'the model it is about; that of countersign.yaml unless given',
    },
    { flags: '--use USE', summary: 'the use it is about' },
    { flags: '--dataset NAME', summary: 'the dataset it is about' },
    { flags: '--subject MODEL@N', summary: 'the version it is about' },
  ],
  run: runSign,
};

async function runSign(input: Input, session: Session): Promise<Outcome> {
  const file = input.argument('file');
  if (input.flag('add')) return addTo(session, file, input.optionalText('key'));
  const text = readTextFile(session.cwd, file);
  if (file.endsWith('.md')) return signPaper(input, session, { file, text });
  if (file.endsWith('.json')) return signHanded(session, { file, text });
  if (!/\.ya?ml$/.test(file))
    throw usage(`\`${file}\` is no paper (.md), policy or plan (.yaml) or saved statement (.json)`);
  const plan = validationPlanDraft(file, text, {
    target: targetOf(input, session, file),
    workspace: session.profile().workspace,
    account: session.account(),
    now: session.now(),
  });
  const draft = plan ?? (await policyDraft(session, { file, text }));
  const bytes = new TextEncoder().encode(text);
  await session.client().call(blobRoutes.put, blobOf(bytes));
  const recorded = await signOne(session, draft);
  return done(recorded, describeRecorded(recorded));
}

async function signPaper(
  input: Input,
  session: Session,
  { file, text }: { readonly file: string; readonly text: string },
): Promise<Outcome> {
  const paper = readPaper(file, text);
  const draft = await paperDraft(session, paper, targetOf(input, session, file));
  if (draft === undefined) {
    const result = { state: 'unchanged', type: paper.evidence };
    return done(result, `${paper.evidence} was signed with this text already`);
  }
  await session.client().call(blobRoutes.put, blobOf(paper.bytes));
  const recorded = await signOne(session, draft);
  return done(recorded, describeRecorded(recorded));
}

/** The very bytes that a page showed: the digest shown here again is the one that stood there. */
async function signHanded(
  session: Session,
  { file, text }: { readonly file: string; readonly text: string },
): Promise<Outcome> {
  const by = { account: session.account(), founding: session.root(), now: session.now() };
  const handed = readHandedStatements(file, text, by);
  if (handed.text !== undefined) {
    const bytes = new TextEncoder().encode(handed.text);
    await session.client().call(blobRoutes.put, blobOf(bytes));
  }
  const recorded = await recordStatements(session, handed.statements);
  return done(recorded, ...recorded.map(describeRecorded));
}

function blobOf(bytes: Uint8Array) {
  return { body: bytes, contentType: 'application/octet-stream' } as const;
}

/** What the paper is about, from options before the repository it lies in. */
export function targetOf(input: Input, session: Session, file: string): PaperTarget {
  const repository = findRepository(dirname(resolve(session.cwd, file)));
  const subject = input.optionalText('subject');
  const version = subject === undefined ? undefined : parseVersionName(subject);
  const model = version?.model ?? input.optionalText('model') ?? repository?.model;
  const use = input.optionalText('use') ?? repository?.use;
  const only = repository?.datasets.length === 1 ? repository.datasets[0] : undefined;
  const dataset = input.optionalText('dataset') ?? only;
  return {
    ...(model === undefined ? {} : { model }),
    ...(use === undefined ? {} : { use }),
    ...(dataset === undefined ? {} : { dataset }),
    ...(version === undefined ? {} : { version: version.version }),
  };
}

/** By digest, by the text it was made of, or as an envelope that somebody handed over. */
async function addTo(session: Session, what: string, keyFile?: string): Promise<Outcome> {
  const text = isDigestPrefix(what) ? undefined : readTextFile(session.cwd, what);
  const handed = text === undefined || !what.endsWith('.json') ? undefined : readHanded(what, text);
  const wanted = text === undefined ? { prefix: what } : { text };
  const pending = handed ?? (await findPending(session, wanted));
  const recorded = await addSignatureTo(session, pending, keyFile);
  return done(recorded, describeRecorded(recorded));
}
