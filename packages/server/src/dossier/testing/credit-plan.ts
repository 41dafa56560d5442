// SPDX-License-Identifier: Apache-2.0
// An envelope of the credit firm as a change control plan, with one version shipped inside it. For tests alone.
import { type Json, versionContext } from '@countersign/kernel';
import type { PccpInput } from '../compile-pccp.ts';
import { foundCreditFirm } from './credit-firm.ts';
import { addCreditVersion, digestOf, USE, VERSION } from './credit-version.ts';

export interface PlanChoices {
  /** Parts of the plan that nobody wrote. */
  readonly withoutPlan?: boolean;
  /** Put in place of every free text. */
  readonly text?: string;
}

/** The bounds of the envelope as it is signed. */
export function planContent({ withoutPlan = false, text }: PlanChoices = {}): Json {
  const say = (words: string) => text ?? words;
  const bounds = {
    title: say('Weekly refit'),
    rationale: say('New repayments arrive every week.'),
    version: 1,
    may: ['data', 'parameters', 'artifact'],
    parameters: [{ name: 'train.params.C', min: '0.5', max: '2' }],
    dataWindow: { from: '2026-03-01', to: '2026-06-30' },
    metrics: [{ metric: 'auc', op: '>=', value: '0.7125' }],
    shifts: { swapSet: '0.0225', disparity: '0.03' },
    uses: 3,
    expires: '2026-09-01T00:00:00.000Z',
  };
  if (withoutPlan) return bounds;
  return {
    ...bounds,
    plan: {
      modifications: [
        {
          title: say('Refit on newer rows'),
          aspects: ['data', 'artifact'],
          description: say('Coefficients are estimated anew.'),
          reason: say('Behaviour moves slowly.'),
          automation: 'manual',
          reach: 'global',
          protocol: ['data', 'evaluation'],
        },
      ],
      protocol: {
        data: say('Rows come of **one** system.'),
        retraining: say('The signed step alone.'),
        evaluation: say('The plan, before anybody looks.'),
        update: say('One person confirms.'),
      },
      assessment: {
        benefits: say('Scores stay calibrated.'),
        risks: say('Small groups may move.'),
        mitigations: say('Three uses at most.'),
        combined: say('Measured together.'),
      },
      labelling: say('Officers are told nothing new.'),
    },
  };
}

export async function creditPlanInput(choices: PlanChoices = {}): Promise<PccpInput> {
  const firm = await foundCreditFirm();
  await addCreditVersion(firm);
  const content = planContent(choices) as { readonly [name: string]: Json };
  const envelope = await firm.add(
    { type: 'change-plan', kind: 'envelope', scope: 'use', subjectRef: USE, content },
    ...['mia', 'vera'],
  );
  await shipSecondVersion(firm, envelope);
  const set = firm.set();
  const [rejected] = set.rejected;
  if (rejected !== undefined) throw new Error(rejected.reason);
  const ref = { workspace: 'main', model: 'consumer-credit', use: 'underwriting', version: 2 };
  const found = versionContext(set, ref);
  if (!found.ok) throw new Error(found.reason);
  return {
    set,
    context: found.context,
    facts: {
      firm: set.founding.firm,
      tier: 'high',
      origin: 'built',
      enforcementGrade: 'enforced',
      demonstration: set.founding.demonstration,
      asOf: '2026-04-02T10:00:00.000Z',
      asOfIndex: set.records.length - 1,
    },
  };
}

async function shipSecondVersion(
  firm: Awaited<ReturnType<typeof foundCreditFirm>>,
  envelope: string,
): Promise<void> {
  const subjectRef = { ...USE, version: 2, artifactDigest: digestOf('second artefact') };
  const version = { scope: 'version', subjectRef } as const;
  await firm.add({ type: 'model-artifact', ...version, content: {} }, 'platform');
  const one = (metric: string, value: string) => ({ metric, value, verdict: 'informational' });
  await firm.add(
    {
      type: 'benchmark-test',
      kind: 'production',
      ...version,
      content: {
        measurements: [
          one('score_shift', '0.00412345678901'),
          one('swap_set_share', '0.0133333333333'),
        ],
        detail: { production: { version: 1, artifactDigest: VERSION.artifactDigest ?? '' } },
      },
    },
    'platform',
  );
  const request = await firm.add(
    {
      type: 'change-record',
      ...version,
      content: {
        ...{ transition: 'production', class: 'standard', envelope, reason: 'r', impact: 'i' },
        ...{ artifactDigest: digestOf('second artefact'), spec: digestOf('spec') },
        ...{ run: digestOf('run'), evidence: [], policy: digestOf('policy'), packs: [] },
        ...{ rulesVersion: '1', rollback: 'version 1' },
      },
    },
    'dana',
  );
  await firm.add(
    {
      type: 'deployment-record',
      kind: 'promote',
      ...version,
      content: { environment: 'production', changeRequest: request },
    },
    'platform',
  );
}
