// SPDX-License-Identifier: Apache-2.0
// One credit model with the records of a candidate: what a model development document is made of.
// Figures are invented for the test of the renderer. For tests alone.
import { createHash } from 'node:crypto';
import type { Json, SubjectRef } from '@countersign/kernel';
import type { CreditFirm, Draft } from './credit-firm.ts';

export const MODEL: SubjectRef = { workspace: 'main', model: 'consumer-credit' };
export const USE: SubjectRef = { ...MODEL, use: 'underwriting' };

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export const VERSION: SubjectRef = { ...USE, version: 1, artifactDigest: digestOf('artefact') };
const DATASET: SubjectRef = { ...MODEL, dataset: 'applications' };

export interface Choices {
  /** Evidence that nobody supplies. */
  readonly without?: readonly string[];
  /** Put in place of every free text of people and of the outside world. */
  readonly text?: string;
}

/** Logs the records; those of `without` are left out. */
export async function addCreditVersion(firm: CreditFirm, choices: Choices = {}): Promise<void> {
  const say = (text: string) => choices.text ?? text;
  const drafts = [
    ...identityDrafts(say),
    ...dataDrafts(say),
    ...developmentDrafts(say),
    ...testingDrafts(say),
    ...governanceDrafts(say),
  ];
  for (const [draft, ...signers] of drafts) {
    if (choices.without?.includes(draft.type)) continue;
    await firm.add(draft, ...signers);
  }
}

type Say = (text: string) => string;
type Signed = readonly [Draft, ...string[]];

export function paper(
  type: Draft['type'],
  about: { readonly title: string; readonly author: string; readonly markdown: string },
): Draft {
  return {
    type,
    scope: 'use',
    subjectRef: USE,
    content: {
      title: about.title,
      author: about.author,
      text: { digest: digestOf(about.markdown), size: 1, mediaType: 'text/markdown' },
      sections: [{ heading: about.title, markdown: about.markdown }],
      facts: {},
    },
  };
}

function identityDrafts(say: Say): readonly Signed[] {
  const entry = {
    name: 'consumer-credit',
    purpose: say('Decide instalment loan applications'),
    owner: 'omar',
    developer: 'dana',
    origin: 'built',
    businessLine: say('retail credit'),
    jurisdictions: ['US'],
    uses: ['underwriting'],
  };
  const role = (principal: string, name: string) => ({
    principal,
    role: name,
    from: '2026-01-01T00:00:00.000Z',
    competence: say('Ten years of scorecards in retail banking'),
    conflicts: say('none declared'),
  });
  const tier = {
    questionnaire: { id: 'model-risk', version: '1.0.0' },
    answers: [
      {
        question: 'exposure',
        text: say('How large is the portfolio?'),
        answer: 'large',
        points: 3,
      },
      { question: 'purpose', text: say('What is decided?'), answer: 'credit', points: 4 },
    ],
    points: 7,
    computed: 'high',
    tier: 'high',
    fairLending: true,
    groups: [{ attribute: 'age_band', reference: '26 to under 40' }],
    floors: [{ metric: 'auc', op: '>=', value: '0.65' }],
  };
  const scope = {
    pack: 'sr-26-2',
    inScope: true,
    rationale: say('A statistical model that decides credit'),
    revisitTrigger: say('a change of purpose'),
  };
  return [
    [{ type: 'inventory-entry', scope: 'model', subjectRef: MODEL, content: entry }, 'omar'],
    [roleDraft(role('dana', 'developer')), 'mia'],
    [roleDraft(role('vera', 'validator')), 'mia'],
    [{ type: 'scope-determination', scope: 'use', subjectRef: USE, content: scope }, 'mia'],
    [{ type: 'risk-tier', scope: 'use', subjectRef: USE, content: tier }, 'mia'],
    [
      paper('intended-use', {
        title: say('What the model is for'),
        author: 'omar',
        markdown: say(
          'Applications of **individuals** for instalment loans.\n\n- not for mortgages',
        ),
      }),
      'omar',
    ],
  ];
}

function roleDraft(content: Draft['content']): Draft {
  return { type: 'role-assignment', scope: 'model', subjectRef: MODEL, content };
}

function dataDrafts(say: Say): readonly Signed[] {
  const dataset = (type: Draft['type'], content: Draft['content'], kind?: string): Signed => [
    { type, scope: 'dataset', subjectRef: DATASET, content, ...(kind !== undefined && { kind }) },
    'platform',
  ];
  const snapshot = (split: string, rows: number): Signed =>
    dataset('dataset-snapshot', {
      dataset: 'applications',
      split,
      sealed: split === 'holdout',
      contentDigest: digestOf(`content ${split}`),
      schemaDigest: digestOf('schema'),
      format: 'csv',
      rows,
      columns: [
        { name: 'duration_months', type: 'integer', role: 'input' },
        { name: 'purpose', type: 'text', role: 'input' },
        { name: 'creditability', type: 'text', role: 'label' },
      ],
      profile: profileOf(say),
      source: { system: say('German Credit'), control_totals: { rows: 1000 } },
      exclusions: [{ column: 'age_years', reason: say('Kept for testing only') }],
    });
  return [
    snapshot('development', 600),
    snapshot('holdout', 200),
    [
      paper('dataset-datasheet', {
        title: say('What the data is'),
        author: 'dana',
        markdown: say('Loans of 1973 to 1975.'),
      }),
      'dana',
    ],
    dataset(
      'data-quality-report',
      {
        dataset: 'applications',
        checks: [
          { check: 'rows', severity: 'error', threshold: '1000', value: '1000', result: 'pass' },
          {
            check: say('range age_years 18..100'),
            severity: 'warning',
            threshold: '0',
            value: '3',
            result: 'warn',
          },
        ],
      },
      'training',
    ),
    dataset('representativeness-report', {
      dataset: 'applications',
      population: say('Applicants of one bank'),
      groups: [{ attribute: 'age_band', group: 'under 26', rows: 114, share: '0.190000000000' }],
      conclusion: say('No shares are declared'),
    }),
  ];
}

function profileOf(say: Say): Json {
  return [
    {
      name: 'duration_months',
      count: 600,
      missing: 0,
      distinct: 33,
      mean: '20.9030000000',
      quantiles: [
        { p: '0', value: '4' },
        { p: '1', value: '72' },
      ],
    },
    {
      name: 'purpose',
      count: 600,
      missing: 0,
      distinct: 10,
      top: [{ value: say('car'), count: 200 }],
    },
  ];
}

const version = (type: Draft['type'], content: Draft['content'], kind?: string): Signed => [
  {
    type,
    scope: 'version',
    subjectRef: VERSION,
    basis: 'measured',
    content,
    ...(kind !== undefined && { kind }),
  },
  'platform',
];

function developmentDrafts(say: Say): readonly Signed[] {
  return [
    version('model-artifact', {
      manifest: {
        v: 1,
        scorer: 'onnx',
        entry: 'model.onnx',
        files: [{ path: 'model.onnx', digest: digestOf('onnx'), size: 4312 }],
      },
      run: digestOf('run'),
      size: 4312,
    }),
    version('source-revision', {
      repository: 'consumer-credit',
      commit: digestOf('commit').slice(0, 40),
      tree: digestOf('tree').slice(0, 40),
      clean: true,
      bundle: digestOf('bundle'),
      authors: [{ email: 'dana@bank.example', account: 'dana' }, { email: 'x@y.example' }],
    }),
    version('environment-lock', {
      lockDigest: digestOf('lock'),
      packages: ['numpy', 'scikit-learn'].map((name) => ({
        name,
        version: '2.1.0',
        wheel: `${name}-2.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
        digest: digestOf(name),
      })),
      interpreter: { implementation: 'CPython', version: '3.11.2' },
      platform: { system: 'Linux', machine: 'x86_64' },
      determinism: { threads: 1, environment: { PYTHONHASHSEED: '0', TZ: 'UTC' } },
    }),
    version('training-run', {
      run: 'run-1',
      promotable: true,
      started: '2026-03-01T08:00:00.000Z',
      ended: '2026-03-01T08:01:00.000Z',
      steps: [
        {
          name: 'train',
          command: say('python train.py'),
          network: false,
          params: { folds: 10, seed: 20260331 },
          inputs: [{ name: 'applications.csv', digest: digestOf('in'), size: 81234 }],
          outputs: [{ name: 'model.onnx', digest: digestOf('onnx'), size: 4312 }],
          log: digestOf('log'),
          exit: 0,
          started: '2026-03-01T08:00:00.000Z',
          ended: '2026-03-01T08:01:00.000Z',
        },
      ],
      trials: [
        { params: { c: '0.1' }, log_loss: '0.512345678901', chosen: true },
        { params: { c: '1' }, log_loss: '0.523456789012', chosen: false },
      ],
      result: digestOf('result'),
    }),
    version('model-spec', {
      algorithm: say('Logistic regression'),
      inputs: [{ name: 'duration_months', type: 'f32' }],
      output: { name: 'probability', index: 0, meaning: 'probability of a bad loan' },
      decision: {
        score: 'probability',
        cutoff: '0.1667',
        adverse: 'decline',
        favourable: 'approve',
      },
      design: { theory: say('additive log-odds') },
      monitoring: { stability: { psi: { max: '0.25' } } },
      serving: {},
    }),
    [
      paper('design-rationale', {
        title: say('Why it was built so'),
        author: 'dana',
        markdown: say(
          '## Choices\n\nLogistic regression, since its *reasons* are exact.\n\n| cutoff | rate |\n|--:|--:|\n| 0.167 | 0.3 |',
        ),
      }),
      'dana',
    ],
    [
      paper('assumptions-limitations', {
        title: say('Limits'),
        author: 'dana',
        markdown: say('No date, so no test on a later period.'),
      }),
      'dana',
    ],
  ];
}

const interval = (low: string, high: string) => ({ low, high, level: '0.95', method: 'DeLong' });

function testingDrafts(say: Say): readonly Signed[] {
  const report = (measurements: readonly Json[], detail: Json): Draft['content'] => ({
    phase: 'development',
    data: { description: say('development, out of fold'), digest: digestOf('oof'), rows: 600 },
    measurements,
    detail,
    conclusion: 'inconclusive',
  });
  const figure = (metric: string, value: string, more: { readonly [key: string]: Json } = {}) => ({
    metric,
    value,
    n: 600,
    verdict: 'informational',
    method: 'Wilson 1927',
    ...more,
  });
  return [
    version(
      'test-plan',
      {
        phase: 'development',
        declaredAt: '2026-03-01T08:00:00.000Z',
        limits: [{ metric: 'auc', op: '>=', value: '0.70' }],
        plan: { confidence: '0.95', metrics: { auc: { min: '0.70' } } },
      },
      'development',
    ),
    version(
      'performance-test',
      report(
        [
          figure('auc', '0.781234567890', {
            interval: interval('0.741000000000', '0.821000000000'),
            limit: { op: '>=', value: '0.70' },
            verdict: 'pass',
          }),
          figure('brier', '0.168', { limit: { op: '<=', value: '0.19' }, verdict: 'inconclusive' }),
          figure('auc', '0.75', { segment: 'age_band=under 26', n: 114 }),
        ],
        {
          calibration: calibrationBins(),
          confusion: confusionCounts(),
          caveats: [say('Few rows')],
        },
      ),
    ),
    version(
      'fairness-test',
      report(
        [
          figure('approval_ratio', '0.86', {
            group: 'age_band=under 26',
            reference: '26 to under 40',
            interval: interval('0.71', '1.04'),
            limit: { op: '>=', value: '0.8' },
            verdict: 'inconclusive',
          }),
        ],
        { governing: 'approval_ratio', why: say('a practitioner screen'), attributes: [] },
      ),
    ),
    version(
      'robustness-test',
      report([figure('flip_share', '0.12', { group: 'input=purpose' })], {
        inputs: [
          {
            input: say('purpose'),
            effects: [{ mean_change: '-0.04' }, { mean_change: '0.07' }],
          },
        ],
        boundaries: [{ input: 'purpose', probe: say('empty text'), outcome: 'refused' }],
      }),
      'sensitivity',
    ),
  ];
}

function calibrationBins(): Json {
  return Array.from({ length: 5 }, (_, index) => ({
    n: 120,
    positives: 12 + index * 12,
    mean_score: String(0.1 + index / 10),
    rate: String((12 + index * 12) / 120),
    rate_low: String(0.05 + index / 10),
    rate_high: String(0.15 + index / 10),
  }));
}

function confusionCounts(): Json {
  return { truePositives: 150, falsePositives: 240, trueNegatives: 180, falseNegatives: 30 };
}

function governanceDrafts(say: Say): readonly Signed[] {
  const change = {
    transition: 'staging',
    class: 'standard',
    artifactDigest: digestOf('artefact'),
    spec: digestOf('spec'),
    run: digestOf('run'),
    evidence: [],
    policy: digestOf('policy'),
    packs: [],
    rulesVersion: '1',
    reason: say('first version'),
    impact: say('new scorecard'),
    rollback: say('manual underwriting'),
  };
  return [
    [{ type: 'change-record', scope: 'version', subjectRef: VERSION, content: change }, 'dana'],
  ];
}
