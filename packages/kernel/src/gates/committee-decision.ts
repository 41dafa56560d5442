// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import {
  asArray,
  asCount,
  asDigest,
  asNonEmpty,
  asObject,
  asString,
  type JsonObject,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';

/** A committee as the firm has signed it (`policy-document` of kind `committee`, member `committee`). */
export interface CommitteeCharter {
  readonly name: string;
  /** Accounts; the chair is one of them. */
  readonly members: readonly string[];
  readonly chair: string;
  /** How many members without a conflict must attend. */
  readonly quorum: number;
}

/** What the chair signs of a committee's decision, as a part of the approval. */
export interface CommitteeDecision {
  readonly name: string;
  /** Digest of the charter that the committee met under. */
  readonly charter: string;
  readonly attendance: readonly string[];
  readonly votes: {
    readonly for: readonly string[];
    readonly against: readonly string[];
    readonly abstain: readonly string[];
  };
  /** What those who voted against hold; empty when nobody did. */
  readonly dissent: string;
  /** Digest of the minutes in the blob store. */
  readonly minutes: string;
}

/** @throws KernelError `record_malformed` naming the member */
export function readCommitteeCharter(json: Json | undefined, path = 'committee'): CommitteeCharter {
  const object = asObject(json, path);
  onlyKeys(object, [...HEAD_KEYS, 'name', 'members', 'chair', 'quorum'], path);
  checkHead(object, path);
  const members = accounts(object.members, `${path}.members`);
  const chair = asNonEmpty(object.chair, `${path}.chair`);
  const quorum = asCount(object.quorum, `${path}.quorum`);
  if (!members.includes(chair)) throw malformed(`${path}.chair`, 'one of the members');
  if (quorum < 2 || quorum * 2 <= members.length || quorum > members.length) {
    throw malformed(`${path}.quorum`, 'two or more, over half of the members and no more than all');
  }
  return { name: asNonEmpty(object.name, `${path}.name`), members, chair, quorum };
}

/** What every document of the firm may say of itself. */
export const HEAD_KEYS = ['id', 'version', 'title'] as const;

export function checkHead(object: JsonObject, path: string): void {
  for (const key of HEAD_KEYS) optional(object[key], `${path}.${key}`, asNonEmpty);
}

/** @throws KernelError `record_malformed` naming the member */
export function readCommitteeDecision(json: Json, path: string): CommitteeDecision {
  const object = asObject(json, path);
  onlyKeys(object, ['name', 'charter', 'attendance', 'votes', 'dissent', 'minutes'], path);
  const votes = asObject(object.votes, `${path}.votes`);
  onlyKeys(votes, ['for', 'against', 'abstain'], `${path}.votes`);
  return {
    name: asNonEmpty(object.name, `${path}.name`),
    charter: asDigest(object.charter, `${path}.charter`),
    attendance: accounts(object.attendance, `${path}.attendance`),
    votes: {
      for: accounts(votes.for, `${path}.votes.for`),
      against: accounts(votes.against, `${path}.votes.against`),
      abstain: accounts(votes.abstain, `${path}.votes.abstain`),
    },
    dissent: asString(object.dissent, `${path}.dissent`),
    minutes: asDigest(object.minutes, `${path}.minutes`),
  };
}

function accounts(json: Json | undefined, path: string): readonly string[] {
  const names = asArray(json, path, asNonEmpty);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) throw malformed(`${path}[${twice}]`, 'an account that is not named before');
  return names;
}
