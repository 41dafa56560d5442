// SPDX-License-Identifier: Apache-2.0
import { CONTROL_KINDS, EVIDENCE_IDS, type Hazard } from '@countersign/kernel';
import { z } from 'zod';
import { atFile } from '../errors.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

/** The member of a risk file's front matter that lists its hazards. */
export const HAZARDS = 'hazards';

const sentence = z.string().trim().min(1).max(1000);
const estimate = z.strictObject({ severity: sentence, likelihood: sentence });

const control = z.strictObject({
  what: sentence,
  by: z.enum(CONTROL_KINDS),
  /** The record that shows it to work: an evidence id, a kind of it, and a metric that has a limit. */
  verified_by: z.strictObject({
    evidence: z.enum(EVIDENCE_IDS),
    kind: z.string().min(1).optional(),
    metric: z.string().min(1).optional(),
  }),
});

const hazard = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'expected a short id such as `H1`'),
  hazard: sentence,
  cause: sentence,
  harm: sentence,
  before: estimate,
  controls: z.array(control).min(1, 'expected at least one control').max(50),
  after: estimate,
  watched_by: z.array(z.enum(['stability', 'outcomes', 'fairness'])).optional(),
});

const front = z.looseObject({
  [HAZARDS]: z.array(hazard).min(1, 'expected at least one hazard').max(500).optional(),
});

/**
 * The hazards of a risk file as its record holds them; undefined for one that is prose alone.
 * @throws CliError `file_invalid` naming file, line and member
 */
export function hazardsOf(head: YamlFile): readonly Hazard[] | undefined {
  const { hazards } = readYaml(head, front);
  hazards?.forEach(({ id }, index) => {
    const first = hazards.findIndex((other) => other.id === id);
    if (first === index) return;
    throw atFile(head.file, head.lineOf([HAZARDS, index, 'id']), `hazard \`${id}\` is named twice`);
  });
  return hazards?.map(({ controls, watched_by, ...rest }) => ({
    ...rest,
    controls: controls.map(({ verified_by, ...one }) => ({
      ...one,
      verifiedBy: {
        evidence: verified_by.evidence,
        ...(verified_by.kind === undefined ? {} : { kind: verified_by.kind }),
        ...(verified_by.metric === undefined ? {} : { metric: verified_by.metric }),
      },
    })),
    watchedBy: watched_by ?? [],
  }));
}
