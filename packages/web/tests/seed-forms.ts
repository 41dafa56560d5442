// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { loadQuestionnaire } from '../../server/src/registry/index.ts';
import type { TestServer } from '../../server/tests/server-fixture.ts';
import { recorders } from './ready-change.ts';

const QUESTIONNAIRE = join(import.meta.dirname, '../../../policies/questionnaire.yaml');

/** What forms ask of a firm: a tiering questionnaire in force and a campaign that waits for owners. */
export async function seedForms(server: TestServer): Promise<void> {
  const { person } = recorders(server);
  const { value } = await loadQuestionnaire(QUESTIONNAIRE);
  const firm = { scope: 'firm', subjectRef: { workspace: 'main' } } as const;
  const content = {
    title: value.title,
    version: value.version,
    textDigest: '0'.repeat(64),
    questionnaire: value,
  };
  await person(
    { type: 'policy-document', kind: 'questionnaire', actor: 'risk', ...firm, content },
    ['risk', 'ada'],
  );
  await person(
    {
      type: 'periodic-review',
      kind: 'attestation-campaign',
      actor: 'risk',
      ...firm,
      content: { campaign: '2026-h2', title: 'Half-year attestation', due: '2099-12-15' },
    },
    ['risk'],
  );
}
