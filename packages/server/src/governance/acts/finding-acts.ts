// SPDX-License-Identifier: Apache-2.0
import {
  type FindingStep,
  findingDraft,
  findingStepDraft,
  findingsRegister,
  nextFindingId,
  readFindingRecord,
  type StandingFinding,
  type SubjectRef,
} from '@countersign/kernel';
import { type ActContext, type ActOf, type DraftedAct, refusedAct } from './act.ts';

export function openFinding(act: ActOf<'open-finding'>, at: ActContext): DraftedAct {
  const { act: _name, model, use, version, condition, ...said } = act;
  const subjectRef: SubjectRef = {
    workspace: at.workspace,
    model,
    use,
    ...(version === undefined ? {} : { version }),
  };
  const id = nextFindingId(at.set, at.workspace, model);
  const of = condition === undefined ? {} : { condition };
  return { drafts: [findingDraft(subjectRef, { id, ...said, ...of })] };
}

type StepAct = ActOf<
  | 'respond-finding'
  | 'extend-finding'
  | 'accept-finding'
  | 'retest-finding'
  | 'close-finding'
  | 'reopen-finding'
>;

export function stepFinding(act: StepAct, at: ActContext): DraftedAct {
  return { drafts: [findingStepDraft(standingFinding(at, act), stepOf(act, at.account))] };
}

function stepOf(act: StepAct, account: string): FindingStep {
  switch (act.act) {
    case 'respond-finding':
      return { step: 'respond', response: act.response, by: account };
    case 'extend-finding':
      return { step: 'extend', to: act.to, reason: act.reason };
    case 'accept-finding': {
      const { until, reason, compensating } = act;
      return { step: 'accept', until, reason, compensating };
    }
    case 'retest-finding': {
      const { outcome, note, evidence } = act;
      return { step: 'retest', outcome, note, evidence };
    }
    case 'close-finding':
      return { step: 'close', closure: act.closure, evidence: act.evidence };
    case 'reopen-finding':
      return { step: 'reopen', reason: act.reason, due: act.due };
  }
}

/** @throws ServerError `record_refused`; KernelError for one from before the register, which only its own form could go on */
export function standingFinding(
  { set, workspace, now }: ActContext,
  { model, id }: { readonly model: string; readonly id: string },
): StandingFinding {
  const entry = findingsRegister(set, { workspace, now, model }).find((one) => one.id === id);
  if (entry === undefined)
    throw refusedAct('id', `no finding \`${id}\` of \`${model}\` is in the register`);
  const { digest, use, version } = entry;
  const subjectRef = {
    workspace,
    model,
    ...(use === undefined ? {} : { use }),
    ...(version === undefined ? {} : { version }),
  };
  // Interfaces of readonly members are JSON, which TypeScript cannot see.
  const content = readFindingRecord(
    entry.content as unknown as Parameters<typeof readFindingRecord>[0],
  );
  return { digest, subjectRef, content };
}
