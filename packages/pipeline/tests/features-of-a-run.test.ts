// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { executeRun, openFileBlobStore, PipelineError, parsePipelineFile } from '../src/index.ts';
import type { RunResult } from '../src/run/result.ts';
import { commitRepository } from './example-repository.ts';

/** `burden` is what a step makes of two columns; `postcode` tells the region and `years` nothing of it. */
const PIPELINE = `model: toy
data:
  loans:
    from: { path: loans.csv }
    roles:
      label: bad
      id: id
      protected: [{ name: region, column: region }, { name: age_band, column: age, bands: [40, 60] }]
    exclusions: [{ column: region, reason: prohibited basis }]
    columns:
      years: { means: Years at the present address, justification: stability of residence }
    splits: { development: { fraction: 0.8 }, holdout: { fraction: 0.2, sealed: true } }
features:
  inputs:
    burden:
      definition: Debt over income
      from: [loans.debt, loans.income]
      transform: a missing income is taken as 1000
      justification: ability to pay
    postcode: { definition: First digit of the post code, justification: office that serves it }
    years: { proxy: { auc: 0.65 } }
steps:
  features:
    run: sh make-features.sh
    inputs: [loans.development]
    outputs: [features.csv]
  train: { run: cp features.csv model.onnx, inputs: [features.csv], outputs: [model.onnx] }
artifact:
  scorer: onnx
  file: model.onnx
  inputs: [{ name: burden, type: f32 }, { name: postcode, type: f32 }, { name: years, type: f32 }, { name: made_up, type: f32 }]
  output: score
`;

const MAKE_FEATURES = `awk -F, 'NR==1{print "id,income,burden,years";next} $4<90{ if ($3=="") $3=1000; print $1","$3","$2/$3","$4 }' loans.development.csv > features.csv
`;

/** 600 rows drawn by a fixed linear congruence; every tenth income is missing, one row in 31 has 90 years or more. */
function loans(): string {
  let state = 20260331;
  const next = (below: number) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
  const rows = Array.from({ length: 600 }, (_, at) => {
    const region = ['north', 'south', 'west'][next(3)] ?? '';
    const postcode = { north: 1, south: 4, west: 8 }[region] ?? 0;
    const income = at % 10 === 0 ? '' : String(1000 + next(4000));
    const years = at % 31 === 0 ? 95 : next(40);
    return `${at},${next(3000)},${income},${years},${postcode},${region},${20 + next(60)},${next(2)}`;
  });
  return `id,debt,income,years,postcode,region,age,bad\n${rows.join('\n')}\n`;
}

let root: string;
let result: RunResult;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'features-'));
  const files = {
    'countersign.yaml': PIPELINE,
    'make-features.sh': MAKE_FEATURES,
    'loans.csv': loans(),
  };
  await commitRepository(join(root, 'repository'), files);
  result = await executeRun({
    source: { checkout: join(root, 'repository') },
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    callerEnvironment: process.env,
    draft: true,
    now: () => new Date('2026-04-01T10:00:00Z'),
  });
  expect(result.failure).toBeNull();
}, 60_000);
afterAll(() => rm(root, { recursive: true }));

test('the step that makes features is described from its bytes, with its script at the commit', () => {
  const made = result.transformations?.find(({ step }) => step === 'features');
  expect(made?.commit).toBe(result.source.commit);
  expect(made?.code).toMatchObject([{ path: 'make-features.sh', because: 'named' }]);
  const [table] = made?.tables ?? [];
  expect(table?.added.map(({ column }) => column)).toEqual(['burden']);
  const [source] = table?.sources ?? [];
  expect(source?.key).toBe('id');
  expect(source?.dropped.map(({ column }) => column)).toEqual(['debt', 'postcode', 'age', 'bad']);
  const { before = 0, kept, filtered, made: fresh } = source?.rows ?? {};
  expect(before).toBe(480);
  expect(filtered).toBeGreaterThan(0);
  expect(Number(kept) + Number(filtered)).toBe(before);
  expect(fresh).toBe(0);
  const income = source?.shared.find(({ column }) => column === 'income');
  expect(income?.missing.after).toBe(0);
  expect(income?.imputed).toMatchObject({ dominant: '1000' });
  assertRecordJson(parseStrictJson(JSON.stringify(result.transformations)));
});

test('each input of the model has its entry, and what it lacks is said in words', () => {
  const { inputs = [], lacking = [], screen } = result.featureCatalogue ?? {};
  expect(inputs.map(({ input }) => input)).toEqual(['burden', 'postcode', 'years', 'made_up']);
  expect(screen?.data).toBe('loans.development');
  const [burden, postcode, years] = inputs;
  expect(burden?.lineage).toEqual([
    { dataset: 'loans', column: 'debt', marks: [] },
    { dataset: 'loans', column: 'income', marks: [] },
  ]);
  expect(burden?.foundIn).toEqual(['features.csv']);
  expect(years).toMatchObject({
    definition: 'Years at the present address',
    justification: 'stability of residence',
    lineage: [{ dataset: 'loans', column: 'years', marks: [] }],
  });
  expect(postcode?.screen[0]).toMatchObject({ attribute: 'region', auc: '1', verdict: 'above' });
  expect(lacking).toEqual([
    {
      input: 'postcode',
      what: ['a reason why it is kept (`proxy.why`): it tells region beyond the limit'],
    },
    {
      input: 'made_up',
      what: [
        'a definition',
        'its source columns (`from`)',
        'a justification',
        'a proxy screen, or `proxy: { none: … }` with the reason',
      ],
    },
  ]);
});

test('an input that a step made is screened by joining its values with the attributes on the row id', () => {
  const burden = result.featureCatalogue?.inputs[0];
  const filtered = result.transformations?.[0]?.tables[0]?.sources[0]?.rows.filtered ?? 0;
  expect(burden?.screen.map(({ attribute, rows }) => [attribute, rows])).toEqual([
    ['region', 480 - filtered],
    ['age_band', 480 - filtered],
  ]);
  for (const { auc } of burden?.screen ?? []) {
    // The numbers were drawn independently of region and age.
    expect(Number(auc)).toBeGreaterThan(0.35);
    expect(Number(auc)).toBeLessThan(0.65);
  }
  assertRecordJson(parseStrictJson(JSON.stringify(result.featureCatalogue)));
});

test('what is said of a column is not said of its input again, and an unknown input or dataset has its line', () => {
  const said = (features: string) => () =>
    parsePipelineFile(
      PIPELINE.replace(/features:\n {2}inputs:[\s\S]*?\nsteps:/, `${features}\nsteps:`),
    );
  expect(said('features: { inputs: { years: { justification: again } } }')).toThrow(
    /countersign\.yaml:13: `features\.inputs\.years\.justification`: is already said as `data\.loans\.columns\.years\.justification`/,
  );
  expect(said('features: { inputs: { debt: {} } }')).toThrow(/expected an input of the artifact/);
  expect(said('features: { inputs: { burden: { from: [other.x] } } }')).toThrow(
    /there is no dataset `other`; there are loans/,
  );
  expect(said('features: { inputs: { burden: { proxy: { none: x, auc: 0.7 } } } }')).toThrow(
    PipelineError,
  );
});

test('of a step before the snapshot of sealed rows no value is told, only what became of columns and rows', async () => {
  const upstream = await mkdtemp(join(root, 'upstream-'));
  await commitRepository(join(upstream, 'repository'), {
    'countersign.yaml': `model: toy
data:
  loans:
    from: { step: clean }
    splits: { development: { fraction: 0.5 }, holdout: { fraction: 0.5, sealed: true } }
steps:
  extract: { run: "cp raw.txt raw.csv", outputs: [raw.csv] }
  clean:
    run: "awk -F, 'NR==1{print;next} $2!=13{print $1 FS ($2==\\"\\"?7:$2)}' raw.csv > clean.csv"
    inputs: [raw.csv]
    outputs: [clean.csv]
  use: { run: "cp loans.development.csv used.csv", inputs: [loans.development], outputs: [used.csv] }
`,
    'raw.txt': 'id,x\n1,5\n2,\n3,13\n4,8\n',
  });
  const { transformations = [] } = await executeRun({
    source: { checkout: join(upstream, 'repository') },
    blobs: openFileBlobStore(join(upstream, 'blobs')),
    workDir: join(upstream, 'work'),
    cacheDir: join(upstream, 'cache'),
    callerEnvironment: process.env,
    draft: true,
    now: () => new Date('2026-04-01T10:00:00Z'),
  });
  const source = (step: string) =>
    transformations.find((one) => one.step === step)?.tables[0]?.sources[0];
  expect(source('clean')).toMatchObject({ rows: { before: 4, after: 3, filtered: 1 } });
  const x = source('clean')?.shared.find(({ column }) => column === 'x');
  expect(x).toMatchObject({
    missing: { before: 1, after: 0 },
    imputed: { rows: 1, values: [], dominant: null },
    before: { kind: 'withheld' },
    after: { kind: 'withheld' },
    psi: null,
  });
  expect(source('use')?.shared.at(-1)?.before.kind).not.toBe('withheld');
});
