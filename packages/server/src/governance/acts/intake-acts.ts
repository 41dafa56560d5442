// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  entryDraft,
  type InventoryEntryContent,
  inventoryInForce,
  newestPolicyDocument,
  type Questionnaire,
  type RecordSet,
  type RiskTierContent,
  readQuestionnaire,
  recordsOfType,
  supersededDigests,
  tierDraft,
} from '@countersign/kernel';
import { ServerError } from '../../errors.ts';
import { computeTier } from '../../tiering/index.ts';
import { type ActContext, type ActOf, type DraftedAct, refusedAct } from './act.ts';

/** An entry that is signed again keeps what the form does not ask for: exposure, links, places, tags. */
export function propose(act: ActOf<'propose'>, { set, workspace }: ActContext): DraftedAct {
  const { act: _name, model, ...said } = act;
  const earlier = inventoryInForce(set, workspace).find(
    ({ statement }) => statement.predicate.subjectRef.model === model,
  );
  const stray = said.useTerms?.find(({ use }) => !said.uses.includes(use));
  if (stray !== undefined)
    throw refusedAct('useTerms', `\`${stray.use}\` is not among the uses of the entry`);
  const kept = (earlier?.statement.predicate.content ?? {}) as Partial<InventoryEntryContent>; // read strictly when it was recorded
  const asked = { kind: said.kind, vendor: said.vendor, useTerms: said.useTerms };
  const content = { ...kept, ...said, ...asked } as InventoryEntryContent; // absent members are left out of the record
  return { drafts: [entryDraft({ workspace, model }, content, earlier?.digest)] };
}

export function tier(act: ActOf<'tier'>, { set, workspace }: ActContext): DraftedAct {
  const { model, use, answers, override, fairLending, groups, floors } = act;
  const { digest, questionnaire } = questionnaireInForce(set);
  const computed = answered(questionnaire, answers);
  const content: RiskTierContent = {
    ...computed,
    tier: act.tier ?? computed.computed,
    ...(override === undefined ? {} : { override }),
    fairLending,
    groups,
    floors,
  };
  const supersedes = tierInForce(set, { workspace, model, use })?.digest;
  const about = { workspace, model, use };
  return { drafts: [tierDraft(about, content, { questionnaire: digest, supersedes })] };
}

export function questionnaireInForce(set: RecordSet): {
  readonly digest: string;
  readonly questionnaire: Questionnaire;
} {
  const record = newestPolicyDocument(set, 'questionnaire');
  if (record === undefined) {
    throw refusedAct(
      'answers',
      'no tiering questionnaire is in force; two of administrator and model risk sign one',
    );
  }
  const { questionnaire } = record.statement.predicate.content;
  return { digest: record.digest, questionnaire: readQuestionnaire(questionnaire) };
}

function answered(questionnaire: Questionnaire, answers: ActOf<'tier'>['answers']) {
  try {
    return computeTier(questionnaire, answers);
  } catch (cause) {
    if (!(cause instanceof ServerError)) throw cause;
    const { question } = cause.details;
    throw new ServerError('answers_invalid', cause.message, {
      details: { question, field: `body.answers.${String(question)}` },
      cause,
    });
  }
}

function tierInForce(
  set: RecordSet,
  about: { readonly workspace: string; readonly model: string; readonly use: string },
): CountedRecord | undefined {
  const superseded = supersededDigests(set);
  return recordsOfType(set, 'risk-tier').findLast(
    ({ digest, statement: { predicate } }) =>
      !superseded.has(digest) &&
      predicate.subjectRef.workspace === about.workspace &&
      predicate.subjectRef.model === about.model &&
      predicate.subjectRef.use === about.use,
  );
}
