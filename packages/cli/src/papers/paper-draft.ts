// SPDX-License-Identifier: Apache-2.0
import { recordRoutes } from '@countersign/contract';
import { paperRecord, type SubjectRef } from '@countersign/kernel';
import { listRecords } from '../client/digests.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import type { Draft } from '../signing/person-statement.ts';
import type { Paper } from './read-paper.ts';

export interface PaperTarget {
  readonly model?: string;
  readonly use?: string;
  readonly dataset?: string;
  readonly version?: number;
  readonly artifactDigest?: string;
}

/**
 * The record that a paper becomes. A paper that is signed again supersedes the one before; undefined when the text is
 * the one in force.
 * @throws CliError `usage` when what it is about is not known, `refused` when somebody else wrote it
 */
export async function paperDraft(
  session: Session,
  paper: Paper,
  target: PaperTarget,
  more: { readonly content?: object; readonly source?: readonly string[] } = {},
): Promise<Draft | undefined> {
  const account = session.account();
  if (paper.content.author !== account) {
    throw new CliError(
      'refused',
      `\`${paper.file}\` names \`${paper.content.author}\` as its author, you are \`${account}\``,
      {
        details: { next: `sign it with --as ${paper.content.author}, or correct \`author\`` },
      },
    );
  }
  const subjectRef = await subjectRefOf(session, paper, target);
  const earlier = await paperInForce(session, paper, subjectRef);
  if (earlier !== undefined && earlier.text === paper.content.text.digest) return undefined;
  const { evidence, kind, scope } = paper;
  const frame = { evidence, kind, scope, subjectRef, supersedes: earlier?.digest };
  return paperRecord(frame, paper.content, more);
}

/** @throws CliError `usage` naming the option that is missing */
async function subjectRefOf(
  session: Session,
  paper: Paper,
  target: PaperTarget,
): Promise<SubjectRef> {
  const { workspace } = session.profile();
  if (paper.scope === 'firm') return { workspace };
  const { use, version } = target;
  const model = needed(target.model, paper, '--model');
  if (paper.scope === 'model' || paper.scope === 'feature') return { workspace, model };
  if (paper.scope === 'use') return { workspace, model, use: needed(use, paper, '--use') };
  if (paper.scope === 'dataset') {
    return {
      workspace,
      model,
      dataset: needed(paper.dataset ?? target.dataset, paper, '--dataset'),
    };
  }
  if (version === undefined)
    throw usage(`\`${paper.file}\` is about a version`, 'name it with --subject MODEL@N');
  const ref = { workspace, model, use: needed(use, paper, '--use'), version };
  const artifactDigest =
    target.artifactDigest ?? (await artifactDigestOf(session, { model, version }));
  return { ...ref, artifactDigest };
}

function needed(value: string | undefined, paper: Paper, option: string): string {
  if (value !== undefined) return value;
  throw usage(`what \`${paper.file}\` is about is not known`, `name it with ${option}`);
}

/** Binds a version's paper to the version's bytes, so that it goes stale when they change. */
export async function artifactDigestOf(
  session: Session,
  name: { readonly model: string; readonly version: number },
): Promise<string> {
  const client = session.client();
  const [summary] = await listRecords(client, { type: 'model-artifact', ...name });
  if (summary === undefined) {
    throw new CliError('not_found', `no version ${name.model}@${name.version} is registered`, {
      details: { next: `list versions with \`countersign versions ${name.model}\`` },
    });
  }
  const { statement } = await client.call(recordRoutes.get, { params: { digest: summary.digest } });
  const digest = predicateOf(statement).subjectRef?.artifactDigest;
  if (typeof digest === 'string') return digest;
  throw new CliError(
    'server_answer_invalid',
    `the artefact record of ${name.model}@${name.version} names no digest`,
  );
}

interface LoosePredicate {
  readonly subjectRef?: { readonly artifactDigest?: unknown; readonly dataset?: unknown };
  readonly supersedes?: unknown;
  readonly content?: { readonly text?: { readonly digest?: unknown } };
}

function predicateOf(statement: unknown): LoosePredicate {
  // The server read this statement strictly before it recorded it; members are looked at one by one.
  return (statement as { readonly predicate: LoosePredicate }).predicate;
}

async function paperInForce(
  session: Session,
  paper: Paper,
  ref: SubjectRef,
): Promise<{ readonly digest: string; readonly text: unknown } | undefined> {
  const client = session.client();
  const summaries = await listRecords(client, {
    type: paper.evidence,
    ...(ref.model === undefined ? {} : { model: ref.model }),
    ...(ref.version === undefined ? {} : { version: ref.version }),
  });
  const own = summaries.filter(({ kind, use, version }) => {
    return kind === paper.kind && use === ref.use && version === ref.version;
  });
  // Newest first: the first one about the same data is in force, since each supersedes the one before.
  for (const { digest } of own) {
    const { statement } = await client.call(recordRoutes.get, { params: { digest } });
    const { subjectRef, content } = predicateOf(statement);
    if (subjectRef?.dataset === ref.dataset) return { digest, text: content?.text?.digest };
  }
  return undefined;
}
