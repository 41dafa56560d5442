// SPDX-License-Identifier: Apache-2.0
import type { Ability, ActBody } from '@countersign/contract';
import { KernelError, type RecordSet } from '@countersign/kernel';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import type { ActContext } from './act.ts';
import { standingFinding } from './finding-acts.ts';
import { questionnaireInForce } from './intake-acts.ts';
import { type ActAuthor, prepareStatements } from './prepare-statements.ts';

/** What somebody asks to be able to do. */
export interface AbilitiesAsked {
  readonly model?: string | undefined;
  readonly use?: string | undefined;
  readonly version?: number | undefined;
  readonly finding?: string | undefined;
  readonly campaign?: string | undefined;
}

const DAY_MS = 86_400_000;

/**
 * What an account could say about something, found by trying: an example of each act is prepared and judged by the rules
 * that judge the real one, so no page repeats a rule.
 */
export async function abilitiesOf(
  context: ServerContext,
  author: ActAuthor,
  asked: AbilitiesAsked,
): Promise<readonly Ability[]> {
  const set = await context.records.current();
  const { account } = author;
  const at = { set, workspace: context.workspace, account, now: context.now() };
  const found: Ability[] = [];
  for (const act of examples(at, asked)) found.push(await tryAct(context, author, act));
  return found;
}

/** @throws what is no refusal */
export async function tryAct(
  context: ServerContext,
  author: ActAuthor,
  act: ActBody,
): Promise<Ability> {
  try {
    const { needs } = await prepareStatements(context, author, act);
    return { act: act.act, allowed: true, ...(needs === undefined ? {} : { needs }) };
  } catch (error) {
    if (!(error instanceof ServerError || error instanceof KernelError)) throw error;
    return { act: act.act, allowed: false, why: error.message.replace(/^[a-z-]+ refused: /, '') };
  }
}

function examples(at: ActContext, asked: AbilitiesAsked): readonly ActBody[] {
  const { model, use, finding, campaign } = asked;
  const propose = exampleEntry(at, model ?? 'new-model');
  if (model === undefined) return [propose];
  if (finding !== undefined) return findingExamples(at, { model, id: finding });
  if (campaign !== undefined)
    return [{ act: 'attest', model, campaign, answer: 'confirmed', note: 'as it stands' }];
  if (use === undefined) return [propose];
  return [propose, ...useExamples(at, { model, use, version: asked.version })];
}

function exampleEntry({ account }: ActContext, model: string): ActBody {
  return {
    act: 'propose',
    model,
    name: 'Example',
    purpose: 'example',
    owner: account,
    developer: account,
    origin: 'built',
    businessLine: 'example',
    jurisdictions: ['XX'],
    uses: ['example'],
  };
}

function useExamples(
  at: ActContext,
  about: { readonly model: string; readonly use: string; readonly version?: number | undefined },
): readonly ActBody[] {
  const { model, use, version } = about;
  const due = dayAfter(at.now, 1);
  const words = { reason: 'example', impact: 'example', rollback: 'example' };
  const open: ActBody = {
    act: 'open-finding',
    model,
    use,
    title: 'example',
    description: 'example',
    severity: 'low',
    source: 'self-identified',
    blocking: false,
    owner: at.account,
    due,
  };
  const review: ActBody = {
    act: 'review',
    model,
    use,
    outcome: 'stands',
    rationale: 'example',
    evidence: [],
  };
  const tier: ActBody = {
    act: 'tier',
    model,
    use,
    answers: firstAnswers(at.set),
    fairLending: false,
    groups: [],
    floors: [],
  };
  const submit: readonly ActBody[] =
    version === undefined
      ? []
      : [{ act: 'submit', model, use, version, transition: 'staging', ...words }];
  return [open, review, tier, ...submit];
}

function firstAnswers(set: RecordSet): Record<string, string> {
  try {
    const { questions } = questionnaireInForce(set).questionnaire;
    return Object.fromEntries(questions.map(({ id, answers }) => [id, answers[0]?.id ?? '']));
  } catch (error) {
    if (error instanceof ServerError) return {}; // the act itself says that there is none
    throw error;
  }
}

function findingExamples(
  at: ActContext,
  about: { readonly model: string; readonly id: string },
): readonly ActBody[] {
  const { digest, content } = standingFinding(at, about);
  const tomorrow = dayAfter(at.now, 1);
  const evidence = [digest];
  const reason = 'example';
  return [
    { act: 'respond-finding', ...about, response: reason },
    { act: 'extend-finding', ...about, to: dayAfter(content.due, 1), reason },
    { act: 'accept-finding', ...about, until: tomorrow, reason, compensating: reason },
    { act: 'retest-finding', ...about, outcome: 'passed', note: reason, evidence },
    { act: 'close-finding', ...about, closure: reason, evidence },
    { act: 'reopen-finding', ...about, reason, due: tomorrow },
  ];
}

function dayAfter(time: string, days: number): string {
  return new Date(Date.parse(time) + days * DAY_MS).toISOString().slice(0, 10);
}
