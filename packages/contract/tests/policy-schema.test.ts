// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import {
  type Json,
  readCommitteeCharter,
  readDeputies,
  readPolicy,
  readRetentionPolicy,
} from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { readQuestionnaire } from '../../server/src/tiering/index.ts';
import {
  CommitteeFile,
  DeputiesFile,
  POLICY_SCHEMAS,
  PolicyFile,
  policySchemaText,
  QuestionnaireFile,
  RetentionFile,
} from '../src/policy-file.ts';

const top = new URL('../../../', import.meta.url);
const yaml = (name: string): Json =>
  parse(readFileSync(new URL(`policies/${name}`, top), 'utf8')) as Json;

type Tree = { [key: string]: Json };

/** Every member that a promotion policy may have, given once. */
function fullPolicy(): Json {
  const policy = structuredClone(yaml('promotion.yaml')) as Tree;
  const production = (policy.transitions as Tree).production as Tree;
  production.approvals = [
    {
      role: 'executive',
      count: 1,
      gate: 'gate/approval',
      meaning: 'accepted',
      signing: 'key',
      committee: 'model-risk-committee',
      when: {
        tier: ['high'],
        fairLending: true,
        provisional: false,
        materiality: ['material'],
        class: ['standard'],
      },
    },
  ];
  const terms = { by: ['model-risk'], daysMax: 30, compensatingControl: 'required' };
  return {
    ...policy,
    waivable: [
      { condition: 'independent-validation', ...terms, when: { tier: ['low'] } },
      { evidence: 'dataset-datasheet', ...terms },
    ],
    provisional: {
      tiers: ['high'],
      daysMax: 60,
      limits: { answersMax: 100 },
      extraMonitoring: { everyDays: 7 },
      signers: ['model-risk', 'executive'],
    },
    reviews: { high: 365, medium: 540, low: 730, overdueRestricts: true, graceDays: 30 },
    findings: { extensionsMax: 2 },
    materiality: {
      material: ['features', { measure: 'swapSet', above: '0.02' }],
      minor: ['data'],
      carries: { minor: ['design-rationale'], 'within-envelope': ['validation-report'] },
      envelope: { approves: ['staging', 'production'] },
    },
    changes: { classes: ['standard', 'emergency'], afterReviewDays: 5 },
  };
}

const committee: Json = {
  id: 'mrc',
  version: '1',
  title: 'Model risk committee',
  name: 'model-risk-committee',
  members: ['eve', 'mia', 'cora'],
  chair: 'eve',
  quorum: 2,
};
const deputies: Json = {
  id: 'deputies',
  version: '1',
  title: 'Deputies',
  deputations: [
    {
      deputy: 'cora',
      for: 'eve',
      role: 'executive',
      from: '2026-07-01T00:00:00.000Z',
      until: '2026-08-01T00:00:00.000Z',
      model: 'credit',
    },
  ],
};

/** Every member that a rule may have, given once. */
function fullRetention(): Json {
  const { rules, ...head } = yaml('retention.yaml') as Tree;
  const [first, ...rest] = rules as readonly Tree[];
  const full = {
    ...first,
    models: ['credit'],
    uses: ['underwriting'],
    ceiling: false,
    period: { years: 3, months: 1, days: 1 },
    belowFloor: 'counsel',
  };
  return { ...head, rules: [full, ...rest.slice(-2)] } as Json;
}

/** The document with one thing changed, for every member at every depth. */
function mutants(json: Json): readonly { readonly what: string; readonly json: Json }[] {
  const found: { what: string; json: Json }[] = [];
  const visit = (node: Json, path: readonly (string | number)[]): void => {
    for (const replacement of [null, 'nonsense', '', -1, 1.5, true, [], {}]) {
      found.push({
        what: `${path.join('.')} = ${JSON.stringify(replacement)}`,
        json: put(json, path, replacement),
      });
    }
    if (typeof node !== 'object' || node === null) return;
    if (!Array.isArray(node)) {
      found.push({ what: `${path.join('.')} + stray`, json: put(json, [...path, 'stray'], 'x') });
      for (const key of Object.keys(node)) {
        found.push({
          what: `${path.join('.')} - ${key}`,
          json: put(json, [...path, key], undefined),
        });
      }
    }
    for (const [key, value] of Object.entries(node)) {
      visit(value as Json, [...path, Array.isArray(node) ? Number(key) : key]);
    }
  };
  visit(json, []);
  return found;
}

function put(json: Json, path: readonly (string | number)[], value: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value ?? null;
  const copy = structuredClone(json) as unknown as { [key: string | number]: Json };
  if (rest.length === 0 && value === undefined) delete copy[key];
  else copy[key] = put((copy[key] ?? null) as Json, rest, value);
  return copy as Json;
}

const accepts = (read: (json: Json) => unknown, json: Json): boolean => {
  try {
    read(json);
    return true;
  } catch {
    return false;
  }
};

/** What only the reader knows: rules between members, decimals, times. The schema admits these; the reader refuses. */
const BETWEEN_MEMBERS =
  /when|tier|count|committee|afterReviewDays|classes|above|carries|approves|envelope|members|chair|quorum|deputy|for|from|until/;

describe.each([
  ['promotion policy', PolicyFile, readPolicy, fullPolicy()],
  ['questionnaire', QuestionnaireFile, readQuestionnaire, yaml('questionnaire.yaml')],
  ['committee', CommitteeFile, readCommitteeCharter, committee],
  ['deputies', DeputiesFile, readDeputies, deputies],
  ['retention policy', RetentionFile, readRetentionPolicy, fullRetention()],
] as readonly (readonly [string, z.ZodType, (json: Json) => unknown, Json])[])(
  'the schema of a %s',
  (_, schema, read, document) => {
    test('and the kernel’s reader accept the same document', () => {
      expect(schema.safeParse(document).error?.issues ?? []).toEqual([]);
      expect(() => read(document)).not.toThrow();
    });

    test('refuses nothing that the reader accepts, and accepts nothing that it refuses for its shape', () => {
      const all = mutants(document);
      expect(all.length).toBeGreaterThan(50);
      const differing = all.filter(
        (one) => schema.safeParse(one.json).success !== accepts(read, one.json),
      );
      const unexplained = differing.filter(
        (one) => !schema.safeParse(one.json).success || !BETWEEN_MEMBERS.test(one.what),
      );
      expect(unexplained.map(({ what }) => what)).toEqual([]);
    });
  },
);

test.each(Object.keys(POLICY_SCHEMAS) as (keyof typeof POLICY_SCHEMAS)[])(
  'policies/%s is what its definition generates',
  async (name) => {
    await expect(policySchemaText(name)).toMatchFileSnapshot(
      new URL(`policies/${name}`, top).pathname,
    );
  },
);
