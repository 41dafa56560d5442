// SPDX-License-Identifier: Apache-2.0
import {
  type FrameworkPack,
  formatPackPath,
  newestPolicyDocument,
  parsePack,
  RETENTION_POLICY_KIND,
  RETENTION_RULE_IDS,
  type RecordSet,
  readRetentionPolicy,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';

/**
 * A pack that the firm could adopt: of the right form, and naming only rules of retention that somebody keeps, which are
 * those of the retention policy in force, or of the catalogue while there is none and everything is kept.
 * @throws ServerError `pack_malformed` with every problem's place
 */
export function readablePack(set: RecordSet, value: unknown): FrameworkPack {
  const parsed = parsePack(value);
  const problems = parsed.ok ? unknownRules(set, parsed.pack) : parsed.problems;
  if (parsed.ok && problems.length === 0) return parsed.pack;
  throw new ServerError('pack_malformed', 'the framework pack cannot be used', {
    details: {
      field: 'content.pack',
      problems: problems.map(({ path, message }) => ({ place: formatPackPath(path), message })),
    },
  });
}

function unknownRules(set: RecordSet, { retention }: FrameworkPack) {
  const inForce = newestPolicyDocument(set, RETENTION_POLICY_KIND);
  const content = inForce?.statement.predicate.content.retention;
  const known =
    inForce === undefined
      ? RETENTION_RULE_IDS
      : readRetentionPolicy(content).rules.map(({ id }) => id);
  return retention.flatMap((id, index) =>
    known.includes(id)
      ? []
      : [
          {
            path: ['retention', index],
            message: `\`${id}\` is no rule of the retention policy; it has ${known.join(', ')}: sign one that has it first, or take it out`,
          },
        ],
  );
}
