// SPDX-License-Identifier: Apache-2.0
import type { Ability, PapersReply } from '@countersign/contract';
import {
  isStale,
  PAPER_FORMS,
  type PaperForm,
  type PaperSubject,
  paperInForce,
  type RecordSet,
  recordsOfType,
  type VersionContext,
  versionContext,
} from '@countersign/kernel';
import type { ServerContext } from '../../context.ts';
import { tryAct } from './abilities.ts';
import type { ActAuthor } from './prepare-statements.ts';

type Paper = PapersReply['papers'][number];

/** Every paper that people write about a model, a use and a version: what is in force, and whether the caller may write. */
export async function papersOf(
  context: ServerContext,
  author: ActAuthor,
  about: {
    readonly model: string;
    readonly use?: string | undefined;
    readonly version?: number | undefined;
  },
): Promise<readonly Paper[]> {
  const set = await context.records.current();
  const { workspace } = context;
  const now = context.now();
  const found: Paper[] = [];
  for (const form of PAPER_FORMS) {
    for (const subject of subjectsOf(set, form, { workspace, ...about })) {
      const ability = await mayWrite(context, author, { form, subject });
      found.push({
        ...described(form, subject),
        ...standing(set, { form, subject, now }),
        ...ability,
      });
    }
  }
  return found;
}

/** A form is about each dataset that the model was built on; a version's paper about a version that is named. */
function subjectsOf(
  set: RecordSet,
  { scope }: PaperForm,
  about: PaperSubject,
): readonly PaperSubject[] {
  if (scope === 'dataset') {
    return datasetsOf(set, about).map((dataset) => ({ ...about, dataset }));
  }
  if (scope !== 'model' && about.use === undefined) return [];
  return scope === 'version' && about.version === undefined ? [] : [about];
}

function datasetsOf(set: RecordSet, { workspace, model }: PaperSubject): readonly string[] {
  const names = ['dataset-snapshot', 'dataset-datasheet'].flatMap((type) =>
    recordsOfType(set, type as 'dataset-snapshot').flatMap(({ statement: { predicate } }) => {
      const { subjectRef, content } = predicate;
      if (subjectRef.workspace !== workspace || subjectRef.model !== model) return [];
      const name = subjectRef.dataset ?? content.dataset;
      return typeof name === 'string' ? [name] : [];
    }),
  );
  return [...new Set(names)].sort();
}

function described(form: PaperForm, subject: PaperSubject) {
  const { evidence, title, scope, by } = form;
  const { use, version, dataset } = subject;
  return {
    evidence,
    title,
    scope,
    by,
    ...(use === undefined || scope === 'model' || scope === 'dataset' ? {} : { use }),
    ...(version === undefined || scope !== 'version' ? {} : { version }),
    ...(dataset === undefined ? {} : { dataset }),
  };
}

function standing(
  set: RecordSet,
  at: { readonly form: PaperForm; readonly subject: PaperSubject; readonly now: string },
): Pick<Paper, 'state' | 'record' | 'author' | 'at' | 'expires'> {
  const record = paperInForce(set, at.form, at.subject);
  if (record === undefined) return { state: 'missing' };
  const { predicate } = record.statement;
  const { expires } = predicate.content;
  const context = versionOf(set, at.subject);
  const isOver = typeof expires === 'string' && expires <= at.now;
  const isOfOtherBytes = context !== undefined && isStale(predicate.subjectRef, context);
  const isCarried = context !== undefined && record.index < context.registeredAt;
  const held = isCarried ? ('carried' as const) : ('in force' as const);
  return {
    state: isOver ? 'expired' : isOfOtherBytes ? 'stale' : held,
    record: record.digest,
    author: predicate.actor,
    at: record.loggedAt,
    ...(typeof expires === 'string' ? { expires } : {}),
  };
}

function versionOf(set: RecordSet, subject: PaperSubject): VersionContext | undefined {
  const { workspace, model, use = '', version } = subject;
  if (version === undefined) return undefined;
  const found = versionContext(set, { workspace, model, use, version });
  return found.ok ? found.context : undefined;
}

async function mayWrite(
  context: ServerContext,
  author: ActAuthor,
  { form, subject }: { readonly form: PaperForm; readonly subject: PaperSubject },
): Promise<Pick<Ability, 'allowed' | 'why'>> {
  const { model, use, version, dataset } = subject;
  const { allowed, why } = await tryAct(context, author, {
    act: 'paper',
    evidence: form.evidence,
    model,
    use,
    version,
    dataset,
    title: form.title,
    body: '## Example\n\nexample',
  });
  return { allowed, ...(why === undefined ? {} : { why }) };
}
