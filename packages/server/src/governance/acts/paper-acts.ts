// SPDX-License-Identifier: Apache-2.0
import {
  endOfDay,
  isUtcTime,
  PAPER_FORMS,
  type PaperContent,
  type PaperForm,
  type PaperHead,
  type Primitives,
  paperInForce,
  paperRecord,
  paperSections,
  paperText,
  type RecordSet,
  type SubjectRef,
  sha256Hex,
  utf8,
  versionContext,
} from '@countersign/kernel';
import { type ActContext, type ActOf, type DraftedAct, refusedAct } from './act.ts';

/** The record of a paper that was written as a form, and the file that `countersign sign` would have read. */
export function paper(
  p: Primitives,
  act: ActOf<'paper'>,
  { set, workspace, account }: ActContext,
): DraftedAct {
  const form = formOf(act.evidence);
  const read = paperSections(act.body);
  if (!read.ok) throw refusedAct('body', `line ${read.line}: ${read.problem}`);
  const empty = read.sections.find(({ markdown }) => markdown === '');
  if (empty !== undefined)
    throw refusedAct('body', `nothing stands under \`${empty.heading}\`: write it or leave it out`);
  const subjectRef = subjectOfPaper(set, form, { ...act, workspace });
  const { evidence, scope } = form;
  const standing = paperInForce(set, form, subjectRef as SubjectRef & { readonly model: string });
  const before = standing?.statement.predicate;
  const facts = factsOf(before?.content);
  const expires = act.expires === undefined ? undefined : endOfDay(act.expires);
  const head: PaperHead = {
    evidence,
    kind: before?.kind,
    scope,
    dataset: subjectRef.dataset,
    title: act.title,
    author: account,
    expires,
    facts,
  };
  const text = paperText(head, act.body);
  const bytes = utf8(text);
  const digest = sha256Hex(p, bytes);
  const content: PaperContent = {
    title: act.title,
    author: account,
    text: { digest, size: bytes.length, mediaType: 'text/markdown' },
    sections: read.sections,
    facts,
    ...(expires === undefined ? {} : { expires }),
  };
  const frame = { evidence, kind: before?.kind, scope, subjectRef, supersedes: standing?.digest };
  return { drafts: [paperRecord(frame, content)], text };
}

export function formOf(evidence: string): PaperForm {
  const form = PAPER_FORMS.find((one) => one.evidence === evidence);
  if (form === undefined) throw refusedAct('evidence', `\`${evidence}\` is no form`);
  return form;
}

/** What a paper of a form is about; a version's paper is bound to the version's bytes, so that it goes stale with them. */
export function subjectOfPaper(
  set: RecordSet,
  { scope, title }: PaperForm,
  given: {
    readonly workspace: string;
    readonly model: string;
    readonly use?: string | undefined;
    readonly version?: number | undefined;
    readonly dataset?: string | undefined;
  },
): SubjectRef {
  const { workspace, model, use, version, dataset } = given;
  const what = title.toLowerCase();
  if (scope === 'model') return { workspace, model };
  if (scope === 'dataset') {
    if (dataset === undefined) throw refusedAct('dataset', `a ${what} is about a dataset: name it`);
    return { workspace, model, dataset };
  }
  if (use === undefined) throw refusedAct('use', `a ${what} is about a use: name it`);
  if (scope === 'use') return { workspace, model, use };
  if (version === undefined) throw refusedAct('version', `a ${what} is about a version: name it`);
  const found = versionContext(set, { workspace, model, use, version });
  if (!found.ok) throw refusedAct('version', found.reason);
  return { workspace, model, use, version, artifactDigest: found.context.artifactDigest };
}

/** Front-matter members of a paper of before, which the form does not show, are kept. */
function factsOf(content: unknown): Readonly<Record<string, string>> {
  const facts = (content as { readonly facts?: unknown } | undefined)?.facts;
  if (typeof facts !== 'object' || facts === null) return {};
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => typeof value === 'string' && !isUtcTime(value)),
  );
}
