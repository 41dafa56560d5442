// SPDX-License-Identifier: Apache-2.0
import type { DesignConstraint } from '@countersign/pipeline';
import {
  type ConstraintResult,
  checkConstraint,
  type DesignGround,
} from '../design/check-constraint.ts';
import { probedRows } from '../design/probe-course.ts';
import {
  type Coefficient,
  type Coefficients,
  readCoefficients,
} from '../design/read-coefficients.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import { CONFIDENCE_DEFAULT } from '../plan/testing-plan.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

export interface DesignInput extends Pick<DesignGround, 'sources' | 'readable' | 'parameters'> {
  readonly constraints: readonly DesignConstraint[];
  /** Bytes of the artefact where it is ONNX; a program shows no coefficient. */
  readonly model: Uint8Array | undefined;
  /** Column by which a reader finds a row; its place without one. */
  readonly id: string | undefined;
}

export interface DesignReport extends Report {
  readonly kind: 'design';
  readonly constraints: readonly ConstraintResult[];
  /** As the graph shows them; null with the reason where it shows none. */
  readonly coefficients:
    | {
        readonly link: string;
        readonly terms: readonly (Omit<Coefficient, 'value'> & {
          readonly value: DecimalText | null;
        })[];
      }
    | { readonly none: string };
}

const WORDS_MAX = 160;

/**
 * The declared design held against the artefact: coefficients as the graph shows them, and development rows scored with one
 * input swept. A violated constraint fails its limit of no violation; one that cannot be checked leaves it open.
 */
export async function designReport(
  table: Table,
  scorer: Scorer,
  input: DesignInput,
): Promise<DesignReport> {
  const coefficients = coefficientsOf(input.model, scorer);
  const probed = await probedRows(table, scorer, input.id);
  const { sources, readable, parameters } = input;
  const ground = { table, scorer, probed, coefficients, sources, readable, parameters };
  const constraints: ConstraintResult[] = [];
  for (const constraint of input.constraints)
    constraints.push(await checkConstraint(ground, constraint));
  const measurements = constraints.flatMap((one, at) => measurementOf(one, at, constraints));
  return {
    kind: 'design',
    confidence: CONFIDENCE_DEFAULT,
    rows: probed.rows.length,
    constraints,
    coefficients: coefficients.ok
      ? {
          link: coefficients.link,
          terms: coefficients.terms.map((term) => ({ ...term, value: decimal(term.value) })),
        }
      : { none: coefficients.why },
    measurements,
    verdict: worstVerdict(measurements),
    caveats: caveatsOf(constraints, probed.rows.length, table.rowCount),
  };
}

/** A graph beyond this is no linear model that anybody reads. */
const MODEL_BYTES_MAX = 64 * 1024 * 1024;

function coefficientsOf(model: Uint8Array | undefined, scorer: Scorer): Coefficients {
  if (model === undefined) return { ok: false, why: 'the artefact is no ONNX graph' };
  if (model.length > MODEL_BYTES_MAX)
    return { ok: false, why: `the artefact is larger than ${MODEL_BYTES_MAX} bytes` };
  return readCoefficients(model, scorer.spec);
}

/** One figure a checked constraint, so that a gate names what is broken in the words of the file. */
function measurementOf(
  one: ConstraintResult,
  at: number,
  all: readonly ConstraintResult[],
): readonly Measurement[] {
  if (one.state === 'stated') return [];
  const isRepeated = all.some(({ what }, other) => other !== at && what === one.what);
  const words = one.what.length > WORDS_MAX ? `${one.what.slice(0, WORDS_MAX)}…` : one.what;
  const measured = judgeFinding(
    {
      metric: 'constraint_violations',
      estimate: one.state === 'not checkable' ? undefined : { value: one.violations },
      n: one.looked,
      group: { by: 'constraint', value: isRepeated ? `${words} (${at + 1})` : words },
      source: FORMULA_SOURCES.constraint_violations,
    },
    { max: '0' },
  );
  const state = one.state === 'not checkable' ? 'not checkable: ' : '';
  return [{ ...measured, reason: `${state}${one.found}` }];
}

function caveatsOf(
  constraints: readonly ConstraintResult[],
  probed: number,
  rows: number,
): readonly string[] {
  const stated = constraints.filter(({ state }) => state === 'stated').length;
  return [
    ...(probed < rows ? [`${probed} of ${rows} rows were probed, evenly by their place.`] : []),
    ...(stated === 0 ? [] : [`${stated} constraints are stated in words alone and not checked.`]),
  ];
}
