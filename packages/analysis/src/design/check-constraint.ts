// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import {
  type ConstraintCheck,
  type DesignConstraint,
  isSameParameter,
  type ParameterSource,
  parameterOf,
} from '@countersign/pipeline';
import { type DecimalText, decimal } from '../plan/measurement.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields } from '../scorer/score-table.ts';
import type { Table } from '../table/table.ts';

import {
  type Course,
  type CourseResult,
  type ProbedRows,
  probeCourse,
  sweptValues,
} from './probe-course.ts';
import type { Coefficients } from './read-coefficients.ts';

/** Answers are float32: a wobble below this, in units of the score, is rounding. */
const TOLERANCE_DEFAULT = 1e-6;

export interface ConstraintResult {
  readonly what: string;
  readonly why: string;
  readonly clause?: string;
  /** `stated`: in words alone, nothing to check. */
  readonly state: 'held' | 'violated' | 'not checkable' | 'stated';
  /** `sign`, `monotone`, `bounds`, `excluded`, `regularisation`; absent for what is stated alone. */
  readonly check?: string;
  /** What was found, in a sentence. */
  readonly found: string;
  /** Rows, coefficients, columns or parameters that break it, of those looked at. */
  readonly violations: number;
  readonly looked: number;
  readonly worst?: {
    readonly row: string;
    readonly from: string;
    readonly to: string;
    readonly before: DecimalText | null;
    readonly after: DecimalText | null;
    readonly by: DecimalText | null;
  };
}

/** What constraints are held against. */
export interface DesignGround {
  readonly table: Table;
  readonly scorer: Scorer;
  readonly probed: ProbedRows;
  readonly coefficients: Coefficients;
  /** Columns that each input comes from, itself or as the catalogue says. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  /** Columns that the step which wrote the artefact could read. */
  readonly readable: readonly string[];
  /** Parameters of the fit: of the named file, or of everything else that the run left. */
  readonly parameters: (file: string | undefined) => readonly ParameterSource[];
}

type Found = Pick<ConstraintResult, 'state' | 'found' | 'violations' | 'looked' | 'worst'>;

/** Holds one constraint against the artefact. */
export async function checkConstraint(
  ground: DesignGround,
  { what, why, clause, check }: DesignConstraint,
): Promise<ConstraintResult> {
  const said = { what, why, ...(clause === undefined ? {} : { clause }) };
  if (check === undefined) {
    const found = 'stated in words; it has no `check`';
    return { ...said, state: 'stated', found, violations: 0, looked: 0 };
  }
  const kind = Object.keys(check)[0] ?? '';
  return { ...said, check: kind, ...(await findOf(ground, check)) };
}

async function findOf(ground: DesignGround, check: ConstraintCheck): Promise<Found> {
  if ('sign' in check) return checkCourse(ground, { ...check.sign, compare: 'ends' });
  if ('monotone' in check) return checkCourse(ground, { ...check.monotone, compare: 'steps' });
  if ('bounds' in check) return checkBounds(ground, check.bounds);
  if ('excluded' in check) return checkExcluded(ground, check.excluded);
  return checkParameters(ground, check.regularisation);
}

interface DeclaredCourse {
  readonly input: string;
  readonly score: Course['direction'];
  readonly compare: Course['compare'];
  readonly tolerance?: string | undefined;
  readonly levels?: readonly string[] | undefined;
}

async function checkCourse(ground: DesignGround, declared: DeclaredCourse): Promise<Found> {
  const field = inputFields(ground.scorer.spec).find(({ name }) => name === declared.input);
  if (field === undefined) return uncheckable(`\`${declared.input}\` is no input of the artefact`);
  const values = await sweptValues(ground.table, field, declared.levels);
  if (values === undefined)
    return uncheckable(`\`${declared.input}\` is text and no order of its \`levels\` is declared`);
  if (values.length < 2)
    return uncheckable(
      `\`${declared.input}\` has one value in these rows; there is nothing to sweep`,
    );
  const result = await probeCourse(ground.scorer, ground.probed, {
    input: declared.input,
    values,
    direction: declared.score,
    compare: declared.compare,
    tolerance: declared.tolerance === undefined ? TOLERANCE_DEFAULT : Number(declared.tolerance),
  });
  const weight = weightOf(ground.coefficients, declared);
  if (result.rows === 0) return uncheckable('the model answers none of the probed values');
  const isWrong = weight?.isWrong === true;
  const state = result.violations > 0 || isWrong ? 'violated' : 'held';
  return {
    state,
    found: `${probedText(result, { declared, values })}${weight === undefined ? '' : `; ${weight.text}`}`,
    violations: Math.max(result.violations, isWrong ? 1 : 0),
    looked: result.rows,
    ...(result.worst === undefined ? {} : { worst: shownTurn(result.worst) }),
  };
}

function shownTurn(
  turn: NonNullable<CourseResult['worst']>,
): NonNullable<ConstraintResult['worst']> {
  return {
    ...turn,
    before: decimal(turn.before),
    after: decimal(turn.after),
    by: decimal(turn.by),
  };
}

function probedText(
  result: CourseResult,
  about: { readonly declared: DeclaredCourse; readonly values: readonly unknown[] },
): string {
  const { declared, values } = about;
  const wrong = declared.score === 'increases' ? 'falls' : 'rises';
  const over = `${String(values[0])} to ${String(values.at(-1))}`;
  const { worst } = result;
  const most =
    worst === undefined
      ? ''
      : `; most in ${worst.row}: from ${worst.from} to ${worst.to} it goes from ${decimal(worst.before)} to ${decimal(worst.after)}, ${decimal(worst.by)} the wrong way`;
  const refused = result.refused === 0 ? '' : `; ${result.refused} answers were refused`;
  return `with \`${declared.input}\` swept over ${values.length} values (${over}) the score ${wrong} in ${result.violations} of ${result.rows} rows${most}${refused}`;
}

/** The coefficient of a number, where the graph shows one. */
function weightOf(
  coefficients: Coefficients,
  { input, score }: DeclaredCourse,
): { readonly isWrong: boolean; readonly text: string } | undefined {
  if (!coefficients.ok) return { isWrong: false, text: `no coefficient: ${coefficients.why}` };
  const term = coefficients.terms.find((one) => one.input === input && one.level === null);
  if (term === undefined) return undefined;
  const wanted = score === 'increases' ? 1 : -1;
  return {
    isWrong: term.value * wanted < 0,
    text: `its coefficient is ${decimal(term.value)} on the ${coefficients.link} scale`,
  };
}

async function checkBounds(
  ground: DesignGround,
  bounds: Extract<ConstraintCheck, { bounds: unknown }>['bounds'],
): Promise<Found> {
  const isOutside = (value: number) =>
    (bounds.min !== undefined && value < Number(bounds.min)) ||
    (bounds.max !== undefined && value > Number(bounds.max));
  if (bounds.coefficient !== undefined) {
    const { coefficients } = ground;
    if (!coefficients.ok) return uncheckable(`no coefficient is shown: ${coefficients.why}`);
    const terms = coefficients.terms.filter(({ input }) => input === bounds.coefficient);
    if (terms.length === 0) return uncheckable(`\`${bounds.coefficient}\` has no coefficient`);
    const outside = terms.filter(({ value }) => isOutside(value));
    const shown = (outside.length > 0 ? outside : terms)
      .slice(0, 5)
      .map(({ level, value }) => `${level === null ? '' : `${level} `}${decimal(value)}`);
    return verdict(
      outside.length,
      terms.length,
      `coefficients on the ${coefficients.link} scale: ${shown.join(', ')}`,
    );
  }
  return scoreBounds(ground, isOutside);
}

/** Every input swept in every probed row: the score's range as far as one input at a time can move it. */
async function scoreBounds(
  ground: DesignGround,
  isOutside: (value: number) => boolean,
): Promise<Found> {
  let looked = 0;
  let outside = 0;
  let extreme = '';
  for (const field of inputFields(ground.scorer.spec)) {
    const values = (await sweptValues(ground.table, field, undefined)) ?? [];
    // A text is left as it is in each row.
    const swept = values.length === 0 ? undefined : values;
    if (swept === undefined) continue;
    const { scores } = await probeCourse(ground.scorer, ground.probed, {
      input: field.name,
      values: swept,
      direction: 'increases',
      compare: 'ends',
      tolerance: Number.POSITIVE_INFINITY,
    });
    if (scores === undefined) continue;
    looked += 1;
    if (!isOutside(scores.low) && !isOutside(scores.high)) continue;
    outside += 1;
    extreme = `; with \`${field.name}\` swept it goes from ${decimal(scores.low)} to ${decimal(scores.high)}`;
  }
  if (looked === 0) return uncheckable('no input can be swept');
  return verdict(
    outside,
    looked,
    `the score leaves the bounds when ${outside} of ${looked} inputs are swept${extreme}`,
  );
}

function checkExcluded(ground: DesignGround, columns: readonly string[]): Found {
  const used = columns.flatMap((column) =>
    [...ground.sources].flatMap(([input, sources]) => {
      if (input === column) return [`\`${column}\` is an input`];
      return sources.includes(column) ? [`\`${input}\` comes from \`${column}\``] : [];
    }),
  );
  const seen = columns.filter((column) => ground.readable.includes(column));
  const reach =
    seen.length === 0
      ? 'the step that wrote the artefact could read none of them'
      : `the step that wrote the artefact could read ${seen.map((column) => `\`${column}\``).join(', ')}`;
  const found = used.length === 0 ? 'no input is one of them or comes from one' : used.join('; ');
  return verdict(used.length, columns.length, `${found}; ${reach}`);
}

function checkParameters(
  ground: DesignGround,
  { file, equal }: Extract<ConstraintCheck, { regularisation: unknown }>['regularisation'],
): Found {
  const sources = ground.parameters(file);
  const found = Object.entries(equal).map(([name, wanted]) => {
    const held = sources.flatMap((source) => {
      const value = parameterOf(source.values, name);
      return value === undefined ? [] : [{ source: source.name, value }];
    });
    const other = held.filter(({ value }) => !isSameParameter(value, wanted));
    return { name, wanted, held, other };
  });
  const unknown = found.filter(({ held }) => held.length === 0);
  const wrong = found.filter(({ other }) => other.length > 0);
  const shown = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value));
  if (wrong.length === 0 && unknown.length > 0) {
    const where = sources.map(({ name }) => name).join(', ') || 'nothing of the run';
    return uncheckable(
      `${unknown.map(({ name }) => `\`${name}\``).join(', ')} is shown by none of ${where}; a graph does not hold it`,
    );
  }
  const words = found.map(({ name, wanted, held, other }) =>
    other.length > 0
      ? `\`${name}\` is ${other.map(({ value, source }) => `${shown(value)} in ${source}`).join(', ')}, declared ${shown(wanted)}`
      : `\`${name}\` is ${shown(wanted)} in ${held.map(({ source }) => source).join(', ')}`,
  );
  return verdict(wrong.length, found.length, words.join('; '));
}

function uncheckable(why: string): Found {
  return { state: 'not checkable', found: why, violations: 0, looked: 0 };
}

function verdict(violations: number, looked: number, found: string): Found {
  return { state: violations > 0 ? 'violated' : 'held', found, violations, looked };
}
