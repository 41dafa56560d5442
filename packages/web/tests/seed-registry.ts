// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Envelope } from '@countersign/kernel';
import { loadPack } from '../../server/src/dossier/index.ts';
import type { PlatformDraft } from '../../server/src/records/index.ts';
import type { TestDraft, TestServer } from '../../server/tests/server-fixture.ts';
import { MODEL, recorders, USE } from './ready-change.ts';

/** The API takes this many records at once. */
const BATCH = 100;
const LINES = ['Retail lending', 'Treasury', 'Insurance', 'Fraud'] as const;
const ORIGINS = ['built', 'imported', 'external'] as const;
/** What a spreadsheet would run when it opens the export. */
const FORMULA = '=HYPERLINK("https://example.com")';
const TIERS = ['high', 'medium', 'low'] as const;

/** A firm's inventory: signed entries of so many models and tiers of their uses, and findings on the version in change. */
export async function seedRegistry(
  server: TestServer,
  { models }: { readonly models: number },
): Promise<void> {
  const drafts = [creditEntry(), ...Array.from({ length: models }, (_, n) => entryOf(n))];
  await record(server, drafts, 'risk');
  // Every fifth has no tier yet, as after an import.
  const tiers = Array.from({ length: models }, (_, n) => n).filter((n) => n % 5 !== 4);
  await record(
    server,
    tiers.map((n) => tierOf(n)),
    'risk',
  );
  await record(server, findings(server.context.now()), 'val');
}

/** What a pipeline would have recorded of the version: sources, measurements, and a framework that judges them. */
export async function seedLineage(server: TestServer): Promise<void> {
  const { person, platform } = recorders(server);
  const subjectRef = { model: MODEL, use: USE, version: 1 };
  const made = (type: PlatformDraft['type'], content: object): PlatformDraft => ({
    type,
    scope: 'version',
    subjectRef,
    producer: 'pipeline',
    source: [],
    content,
  });
  await platform(
    made('source-revision', {
      repository: 'https://git.example/credit',
      commit: '4f9d2c1e7ab0',
      tree: '0'.repeat(40),
      clean: true,
      bundle: '0'.repeat(64),
      authors: [{ email: 'dev@example.com', account: 'dev' }],
    }),
  );
  await platform(made('environment-lock', { lockDigest: '1'.repeat(64), packages: [] }));
  for (const split of ['development', 'holdout']) {
    await platform(made('dataset-snapshot', snapshotContent(split)));
  }
  await platform({ ...made('data-quality-report', QUALITY), kind: 'training' });
  await platform(made('performance-test', measuredReport('auc', '0.7812', '>= 0.7')));
  await platform(made('fairness-test', measuredReport('approval-ratio', '0.74', '>= 0.8')));
  const { pack, digest } = await loadPack(join(import.meta.dirname, PACK));
  await person(
    {
      type: 'policy-document',
      kind: 'framework-pack',
      actor: 'ada',
      scope: 'firm',
      subjectRef: { workspace: 'main' },
      content: { title: pack.title, version: pack.version, textDigest: digest, pack },
    },
    ['ada', 'risk'],
  );
  await person(
    {
      type: 'scope-determination',
      actor: 'risk',
      scope: 'use',
      subjectRef: { workspace: 'main', model: MODEL, use: USE },
      content: { pack: pack.id, inScope: true, rationale: 'a model', revisitTrigger: 'none' },
    },
    ['risk'],
  );
}

const PACK = '../../../frameworks/sr-26-2.yaml';

/** Steps read the first split alone, so it alone has a profile. */
function snapshotContent(split: string) {
  const age = {
    name: 'age',
    count: 30_000,
    missing: 600,
    distinct: 58,
    mean: '41.25',
    standardDeviation: '12.5',
    quantiles: [
      { p: '0', value: '18' },
      { p: '1', value: '75' },
    ],
    histogram: [
      { from: '18', to: '46.5', count: 20_000 },
      { from: '46.5', to: '75', count: 9_400 },
    ],
    top: [],
  };
  const called = {
    ...{ name: 'collection_call', count: 30_000, missing: 0, distinct: 2, mean: null },
    top: [
      { value: 'no', count: 26_000 },
      { value: 'yes', count: 4_000 },
    ],
  };
  return {
    dataset: 'applications',
    split,
    rows: 30_000,
    sealed: false,
    contentDigest: (split === 'holdout' ? '3' : '4').repeat(64),
    schemaDigest: '5'.repeat(64),
    format: 'csv',
    columns: [
      { name: 'age', type: 'integer', role: 'feature' },
      { name: 'collection_call', type: 'text', role: 'feature' },
      { name: 'bad', type: 'integer', role: 'label' },
    ],
    profile: {
      rule: '0.5 of the rows',
      access: 'steps',
      columns: split === 'development' ? [age, called] : null,
    },
    source: {
      system: 'loan core',
      controlTotals: [{ what: 'rows', declared: '60100', found: '60100', agrees: true }],
    },
    exclusions: {
      rows: [{ where: 'staff', reason: 'employees', before: 60_100, excluded: 100, after: 60_000 }],
      columns: [],
    },
  };
}

const QUALITY = {
  dataset: 'applications',
  checks: [
    {
      check: 'age is present',
      severity: 'error',
      threshold: '0.05',
      value: '0.02',
      result: 'pass',
    },
    {
      check: 'columns that alone nearly determine bad',
      severity: 'warning',
      threshold: 'none',
      value: '1: collection_call',
      result: 'warn',
    },
  ],
  measures: {
    splitPairs: [
      {
        first: 'development',
        second: 'holdout',
        equalFeatures: { shared: 4, firstRows: 5, secondRows: 4, share: '0.000133333333' },
        unit: null,
        time: null,
        warnings: [],
      },
    ],
    columns: [],
    label: {
      label: 'bad',
      thresholds: { theilsU: '0.8', auc: '0.95' },
      columns: [
        {
          column: 'collection_call',
          signal: 'value',
          theilsU: '0.91',
          lambda: '0.9',
          auc: null,
          warned: true,
        },
        { column: 'age', signal: 'value', theilsU: '0.02', lambda: '0', auc: '0.61' },
      ],
    },
  },
} as const;

function measuredReport(metric: string, value: string, limit: string) {
  const [op = '>=', bound = '0'] = limit.split(' ');
  const verdict = Number(value) >= Number(bound) ? 'pass' : 'fail';
  return {
    phase: 'development',
    data: { description: 'hold-out', digest: '2'.repeat(64), rows: 9_000 },
    measurements: [
      { metric, value, n: 9_000, limit: { op, value: bound }, verdict, method: 'point estimate' },
    ],
    detail: {},
    conclusion: verdict,
  };
}

async function record(
  server: TestServer,
  drafts: readonly TestDraft[],
  signer: string,
): Promise<void> {
  for (let from = 0; from < drafts.length; from += BATCH) {
    const envelopes: Envelope[] = [];
    for (const draft of drafts.slice(from, from + BATCH)) {
      envelopes.push(await server.sign(draft, [signer]));
    }
    const answer = await server.as(signer, {
      method: 'POST',
      url: '/v1/records',
      payload: { envelopes },
    });
    if (answer.statusCode !== 200) throw new Error(answer.body);
    const { records } = answer.json<{ records: readonly { digest: string }[] }>();
    await server.context.records.including(records.map(({ digest }) => digest));
  }
}

function nameOf(n: number): string {
  return `model-${String(n + 1).padStart(3, '0')}`;
}

function entryOf(n: number): TestDraft {
  return {
    type: 'inventory-entry',
    actor: 'risk',
    scope: 'model',
    subjectRef: { workspace: 'main', model: nameOf(n) },
    content: {
      name: `Model ${String(n + 1).padStart(3, '0')}`,
      purpose: 'Estimates what a customer will owe at default.',
      owner: n % 3 === 0 ? 'owner' : 'risk',
      developer: 'dev',
      origin: ORIGINS[n % 3] ?? 'built',
      businessLine: n === 0 ? FORMULA : (LINES[n % 4] ?? 'Treasury'),
      jurisdictions: ['US'],
      uses: ['provisioning'],
    },
  };
}

function tierOf(n: number): TestDraft {
  const tier = TIERS[n % 3] ?? 'low';
  return {
    type: 'risk-tier',
    actor: 'risk',
    scope: 'use',
    subjectRef: { workspace: 'main', model: nameOf(n), use: 'provisioning' },
    content: { tier, computed: tier, fairLending: false, floors: [] },
  };
}

function creditEntry(): TestDraft {
  return {
    type: 'inventory-entry',
    actor: 'risk',
    scope: 'model',
    subjectRef: { workspace: 'main', model: MODEL },
    content: {
      name: 'Consumer credit scorecard',
      purpose: 'Decides applications for unsecured consumer credit below 20,000.',
      owner: 'owner',
      developer: 'dev',
      origin: 'built',
      businessLine: 'Retail lending',
      jurisdictions: ['US'],
      uses: [USE],
      links: [{ type: 'feeds', model: nameOf(0), note: 'the score' }],
    },
  };
}

function findings(now: string): readonly TestDraft[] {
  const day = (days: number) => new Date(Date.parse(now) + days * 86_400_000).toISOString();
  return [
    {
      id: 'F-1',
      title: 'Population of the hold-out is older than that of the applicants',
      due: 30,
    },
    { id: 'F-2', title: 'Income is missing for one applicant in nine', due: 90 },
  ].map(({ id, title, due }, n) => ({
    type: 'finding' as const,
    actor: 'val',
    scope: 'version' as const,
    subjectRef: { workspace: 'main', model: MODEL, use: USE, version: 1 },
    content: {
      id,
      title,
      source: 'validation',
      severity: n === 0 ? 'high' : 'low',
      blocking: n === 0,
      status: 'open',
      owner: 'dev',
      due: day(due).slice(0, 10),
      description: `${title}.`,
    },
  }));
}
