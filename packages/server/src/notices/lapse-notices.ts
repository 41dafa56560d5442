// SPDX-License-Identifier: Apache-2.0

import type { NoticeKind } from '@countersign/contract';
import {
  accountOf,
  type CountedRecord,
  deputationsOf,
  exceptionsRegister,
  legacyStanding,
  overlaysRegister,
  readEnvelope,
  recordsOfType,
  supersededDigests,
  versionContext,
} from '@countersign/kernel';
import { findingsRegister, type WarrantEntry } from '../governance/index.ts';
import { type NoticeFacts, ownerAnd, subjectOf } from './duties.ts';
import type { Audience, Notice } from './notice.ts';
import { LAPSE_DAYS, markOf, WARRANT_DAYS } from './thresholds.ts';

/** What was granted for a time and runs out. */
export function lapseNotices(facts: NoticeFacts): readonly Notice[] {
  return [
    ...warrants(facts),
    ...legacyWarrants(facts),
    ...exceptions(facts),
    ...acceptances(facts),
    ...overlays(facts),
    ...envelopes(facts),
    ...deputies(facts),
  ];
}

interface Lapse {
  readonly kind: NoticeKind;
  readonly record: string;
  readonly subject: string;
  /** What runs out: `the warrant`. */
  readonly what: string;
  readonly until: string;
  readonly link: string;
  readonly audience: Audience;
  /** What tells two of one record apart. */
  readonly part?: string;
  /** `LAPSE_DAYS` unless given. */
  readonly days?: readonly number[];
}

function told(facts: NoticeFacts, lapse: Lapse): readonly Notice[] {
  const { kind, record, subject, what, until, link, audience, part, days = LAPSE_DAYS } = lapse;
  const mark = markOf(until, facts.now, { days, again: false });
  if (mark === undefined) return [];
  const verb = until > facts.now ? 'runs out' : 'ran out';
  return [
    {
      key: [kind, record, ...(part === undefined ? [] : [part]), until, mark.name].join(':'),
      kind,
      subject,
      text: `${what} ${verb} ${mark.when}`,
      link,
      due: until,
      urgent: mark.urgent,
      record,
      audience,
    },
  ];
}

function warrants(facts: NoticeFacts): readonly Notice[] {
  const all = facts.warrants;
  const stands = (one: WarrantEntry): boolean =>
    one.live ||
    // One that merely ran out is told of, unless another has taken its place.
    (one.expires <= facts.now &&
      one.endedBy.length === 0 &&
      !all.some((other) => other.live && isSamePlace(other, one)));
  return all.filter(stands).flatMap((one) =>
    told(facts, {
      kind: one.warrant === 'provisional' ? 'provisional-lapse' : 'warrant-lapse',
      record: one.digest,
      subject: `${subjectOf(one)} in ${one.environment}`,
      what: one.warrant === 'full' ? 'the warrant' : `the ${one.warrant} warrant`,
      until: one.expires,
      link: `/models/${one.model}/versions/${one.version}`,
      days: WARRANT_DAYS,
      audience: ownerAnd(facts, one.model, { roles: ['model-risk', 'operator'] }),
    }),
  );
}

function isSamePlace(a: WarrantEntry, b: WarrantEntry): boolean {
  return a.model === b.model && a.use === b.use && a.environment === b.environment;
}

/** In use before it was onboarded, until a day by which it is to be validated. */
function legacyWarrants(facts: NoticeFacts): readonly Notice[] {
  const { set, workspace, now } = facts;
  return recordsOfType(set, 'deployment-record').flatMap((record) => {
    const { kind, subjectRef, content } = record.statement.predicate;
    const { model, use, version } = subjectRef;
    const isOurs = kind === 'legacy' && subjectRef.workspace === workspace;
    if (!isOurs || model === undefined || use === undefined || version === undefined) return [];
    const until = String(content.expires);
    // Its standing is computed from all that the log held when it was signed: not for one that has time.
    if (markOf(until, now, { days: WARRANT_DAYS, again: false }) === undefined) return [];
    const found = versionContext(set, { workspace, model, use, version });
    const standing = found.ok ? legacyStanding(set, found.context, now) : undefined;
    if (standing?.digest !== record.digest || standing.state === 'ended') return [];
    return told(facts, {
      kind: 'warrant-lapse',
      record: record.digest,
      subject: `${subjectOf(subjectRef)} in production`,
      what: 'the legacy warrant',
      until,
      link: `/models/${model}/versions/${version}`,
      days: WARRANT_DAYS,
      audience: ownerAnd(facts, model, { roles: ['model-risk', 'operator'] }),
    });
  });
}

const EXCEPTION_KINDS: Readonly<Record<string, NoticeKind>> = {
  waiver: 'waiver-lapse',
  provisional: 'provisional-lapse',
};

function exceptions(facts: NoticeFacts): readonly Notice[] {
  return exceptionsRegister(facts.set, facts)
    .filter(({ state }) => state !== 'superseded')
    .flatMap(({ record, exception }) => {
      const { subjectRef, kind = '' } = record.statement.predicate;
      return told(facts, {
        kind: EXCEPTION_KINDS[kind] ?? 'exception-lapse',
        record: record.digest,
        subject: subjectOf(subjectRef),
        what: `the ${kind === 'waiver' ? 'waiver of' : kind === 'provisional' ? 'provisional use without' : 'exception from'} ${exception.condition}`,
        until: exception.expires,
        link: `/records/${record.digest}`,
        audience: ownerAnd(facts, subjectRef.model, {
          accounts: signersOf(record),
          roles: ['model-risk'],
        }),
      });
    });
}

function signersOf(record: CountedRecord): readonly string[] {
  return record.signers.map(accountOf);
}

function acceptances(facts: NoticeFacts): readonly Notice[] {
  return findingsRegister(facts.set, facts).flatMap((finding) => {
    const { status, acceptance, owner } = finding.content;
    if (status !== 'accepted' || acceptance === undefined) return [];
    return told(facts, {
      kind: 'risk-acceptance-lapse',
      record: finding.digest,
      subject: `${finding.model} ${finding.id}`,
      what: 'the acceptance of its risk',
      until: acceptance.expires,
      link: '/findings',
      audience: ownerAnd(facts, finding.model, {
        accounts: [owner],
        roles: ['model-risk', 'executive'],
      }),
    });
  });
}

function overlays(facts: NoticeFacts): readonly Notice[] {
  return overlaysRegister(facts.set, facts)
    .filter(({ state }) => state !== 'ended')
    .flatMap(({ digest, model, id, segment, expires, authority, by }) =>
      told(facts, {
        kind: 'overlay-lapse',
        record: digest,
        subject: `${model} ${id}`,
        what: `the overlay of ${segment}`,
        until: expires,
        link: `/models/${model}`,
        audience: ownerAnd(facts, model, { accounts: [authority, by], roles: ['model-risk'] }),
      }),
    );
}

function envelopes(facts: NoticeFacts): readonly Notice[] {
  const superseded = supersededDigests(facts.set);
  return recordsOfType(facts.set, 'change-plan').flatMap((record) => {
    const { kind, subjectRef, actor, content } = record.statement.predicate;
    const isOurs = kind === 'envelope' && subjectRef.workspace === facts.workspace;
    if (!isOurs || superseded.has(record.digest)) return [];
    let envelope: ReturnType<typeof readEnvelope>;
    try {
      envelope = readEnvelope(content);
    } catch {
      return []; // what cannot be read allows nothing, and so does not lapse
    }
    return told(facts, {
      kind: 'envelope-lapse',
      record: record.digest,
      subject: subjectOf({ model: subjectRef.model, use: subjectRef.use }),
      what: `the envelope \`${envelope.title}\``,
      until: envelope.expires,
      link: `/records/${record.digest}`,
      audience: ownerAnd(facts, subjectRef.model, { accounts: [actor], roles: ['model-risk'] }),
    });
  });
}

function deputies(facts: NoticeFacts): readonly Notice[] {
  return deputationsOf(facts.set).flatMap((one) =>
    told(facts, {
      kind: 'deputy-lapse',
      record: one.record.digest,
      part: `${one.deputy}/${one.for}/${one.role}`,
      subject: `${one.deputy} for ${one.for}`,
      what: `standing in as ${one.role}`,
      until: one.until,
      link: '/policy',
      audience: { accounts: [one.deputy, one.for], roles: ['model-risk'] },
    }),
  );
}
