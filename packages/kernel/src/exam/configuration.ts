// SPDX-License-Identifier: Apache-2.0
import type { AsOfView } from '../as-of/as-of-view.ts';
import { setsByModel } from '../as-of/model-records.ts';
import { approvalsOn, contentText } from '../as-of/warrant-chain.ts';
import { supersededDigests } from '../evidence/evidence-items.ts';
import { newestPolicyDocument } from '../evidence/packs-in-scope.ts';
import { readChangeRequest } from '../gates/change-request.ts';
import { judgeChangeRequest } from '../gates/rules.ts';
import { discussionOf } from '../governance/discussion.ts';
import { rulesAt } from '../identity/trust-state.ts';
import {
  asOfIndex,
  type CountedRecord,
  type RecordSet,
  recordsOfType,
} from '../records/record-set.ts';
import { requestsOpened, stateOfChange } from './change-population.ts';
import { contentOf, type ExamQuestion, sourceOf, subjectFields } from './exam-question.ts';
import { holdersByRole } from './people-register.ts';

/** CM-2: what runs at the date, bit for bit, and the warrants before it that could be gone back to (enhancement 3). */
export function baseline(view: AsOfView, told: RecordSet) {
  const live = new Set(view.warrants.map(({ digest }) => digest));
  return {
    date: view.date,
    components: baselineOf(view),
    previous: recordsOfType(told, 'deployment-record')
      .filter(
        ({ digest, statement }) => statement.predicate.kind === 'promote' && !live.has(digest),
      )
      .map((record) => ({
        ...subjectFields(record),
        ...sourceOf(record),
        environment: contentText(record, 'environment'),
        artifactDigest: contentText(record, 'artifactDigest'),
      })),
  };
}

export function baselineOf(view: AsOfView) {
  return view.warrants
    .filter(({ inEffect }) => inEffect)
    .map((one) => ({
      environment: one.environment,
      model: one.model,
      use: one.use,
      version: one.version,
      artifactDigest: one.artifactDigest,
      record: one.digest,
      expires: one.expires,
      spec: one.chain.spec?.digest ?? null,
      commit: one.chain.commit?.commit ?? null,
      lockDigest: one.chain.environment?.lockDigest ?? null,
    }));
}

/** CM-3 and CM-4: each request of the period with who decided what, what the gates found and what became of it. */
export function changesWithImpact(set: RecordSet, question: ExamQuestion) {
  const told = asOfIndex(set, question.known);
  const own = setsByModel(told, question.workspace);
  const changes = requestsOpened(told, question.period).map((record) => {
    const model = record.statement.predicate.subjectRef.model ?? '';
    return changeOf(own.get(model) ?? told, record);
  });
  return {
    control: changes.map(({ impact, ...control }) => control),
    impact: changes.map(({ record, impact }) => ({ record, ...impact })),
  };
}

/** What people wrote on a request, as it stands in the log; without the member where nobody did. */
function discussed(told: RecordSet, request: CountedRecord) {
  const threads = discussionOf(told, request.digest);
  if (threads.length === 0) return {};
  return {
    discussion: threads.map(({ digest, kind, state, blocking, remarks }) => ({
      record: digest,
      kind,
      state,
      blocking,
      remarks: remarks.map(({ digest: record, author, at, standing, content }) => ({
        record,
        by: author,
        at,
        standing,
        act: content.act,
        text: content.text,
      })),
    })),
  };
}

function changeOf(told: RecordSet, record: CountedRecord) {
  const request = readable(() => readChangeRequest(record.statement.predicate.content));
  if ('unreadable' in request) {
    return { ...subjectFields(record), ...sourceOf(record), impact: {}, ...request };
  }
  // Judged on what the log held when it was opened, as its submitter saw it.
  const verdict = judgeChangeRequest(asOfIndex(told, record.index), record.digest, {
    phase: 'submit',
    now: record.loggedAt,
  });
  const { state, warrants } = stateOfChange(told, record);
  return {
    ...subjectFields(record),
    ...sourceOf(record),
    transition: request.transition,
    class: request.class,
    reason: request.reason,
    policy: request.policy,
    rulesVersion: request.rulesVersion,
    state,
    warrants,
    decisions: approvalsOn(told, record.digest).map(({ digest, by, role, decision, loggedAt }) => ({
      record: digest,
      by,
      role,
      decision,
      loggedAt,
    })),
    ...discussed(told, record),
    impact: {
      statement: request.impact,
      rollback: request.rollback,
      conditions: verdict.conditions.map(({ id, outcome }) => ({ id, outcome })),
      missing: verdict.missing,
    },
  };
}

/** What cannot be read is said in its place: one malformed record must not hide the others. */
function readable<T extends object>(read: () => T): T | { readonly unreadable: string } {
  try {
    return read();
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : 'unreadable' };
  }
}

/** CM-5: who could change what at the date: holders of each role, and the approvals that policy asked of them. */
export function accessForChange(told: RecordSet, date: string) {
  const policy = newestPolicyDocument(told, 'promotion-policy');
  const transitions = policy === undefined ? null : (contentOf(policy).policy ?? null);
  const { quorum, delayHours, record } = rulesAt(told, date);
  return {
    roles: holdersByRole(told, date),
    promotions: 'signed by the platform, on approvals of the persons above',
    ...(policy === undefined
      ? {}
      : { policy: policy.digest, approvals: approvalRules(transitions) }),
    trust: { quorum, delayHours, record },
  };
}

function approvalRules(policy: unknown) {
  const { transitions = {} } = (policy ?? {}) as {
    // Read by the gates strictly; what is shown here has passed them.
    readonly transitions?: { readonly [name: string]: { readonly approvals?: never } };
  };
  return Object.entries(transitions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([transition, { approvals }]) => ({ transition, approvals: approvals ?? [] }));
}

/** CM-6: the settings that the gates read at the date: policy, packs, floors by use, and the firm's own rules. */
export function settings(told: RecordSet, date: string) {
  const superseded = supersededDigests(told);
  const policy = newestPolicyDocument(told, 'promotion-policy');
  const { quorum, delayHours, record } = rulesAt(told, date);
  return {
    firm: { quorum, delayHours, record, demonstration: told.founding.demonstration },
    ...(policy === undefined
      ? {}
      : { policy: { ...sourceOf(policy), settings: contentOf(policy).policy ?? null } }),
    packs: recordsOfType(told, 'policy-document')
      .filter(({ statement }) => statement.predicate.kind === 'framework-pack')
      .map((one) => ({ ...sourceOf(one), title: contentOf(one).title ?? null })),
    floors: recordsOfType(told, 'risk-tier')
      .filter(({ digest }) => !superseded.has(digest))
      .map((one) => ({
        ...sourceOf(one),
        ...subjectFields(one),
        tier: contentOf(one).tier ?? null,
        floors: contentOf(one).floors ?? [],
      })),
  };
}

/** CM-8: every registered version with its files, interpreter and packages, and where it is in use at the date. */
export function componentInventory({ warrants }: AsOfView, told: RecordSet) {
  const locks = recordsOfType(told, 'environment-lock');
  return recordsOfType(told, 'model-artifact').map((record) => {
    const { model, version, artifactDigest } = record.statement.predicate.subjectRef;
    const lock = locks.findLast(
      ({ statement: { predicate } }) =>
        predicate.subjectRef.model === model && predicate.subjectRef.version === version,
    );
    const own = warrants.filter((one) => one.model === model && one.version === version);
    return {
      ...subjectFields(record),
      ...sourceOf(record),
      artifactDigest: artifactDigest ?? null,
      manifest: contentOf(record).manifest ?? null,
      ...(lock === undefined ? {} : { environment: { record: lock.digest, ...partsOf(lock) } }),
      inUse: own
        .filter(({ inEffect }) => inEffect)
        .map(({ digest, environment, use }) => ({ record: digest, environment, use })),
    };
  });
}

function partsOf(lock: CountedRecord) {
  const { lockDigest, interpreter, platform, packages } = contentOf(lock);
  return {
    lockDigest: lockDigest ?? null,
    interpreter: interpreter ?? null,
    platform: platform ?? null,
    packages: packages ?? [],
  };
}
