// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, sentence } from './common-values.ts';
import { shareValue } from './decimal-value.ts';

/**
 * How much of a protected attribute one input may tell. `auc` (default 0.7) and `nmi` (no limit by default) are bounds on
 * what is measured; above one of them `why` must say why the input is kept. `none` says why nothing is to be measured.
 */
const proxy = z.union([
  z.strictObject({ none: sentence }),
  z.strictObject({
    auc: shareValue.optional(),
    nmi: shareValue.optional(),
    why: sentence.optional(),
  }),
]);

/** `dataset.column`, a column of a snapshot. */
const sourceColumn = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*\..+$/, 'expected `dataset.column`')
  .max(300);

/**
 * One input of the model. Without `from` the input is the column of its name, and what `data.<dataset>.columns` says of that
 * column holds for it; the same member is then not said again here. With `from` a step made it of these columns.
 */
const feature = z.strictObject({
  definition: sentence.optional(),
  from: z.array(sourceColumn).min(1).max(500).optional(),
  transform: sentence.optional(),
  justification: sentence.optional(),
  reason_text: z.string().max(300).optional(),
  proxy: proxy.optional(),
});

export const features = z.strictObject({
  /** Holds for each input that has no `proxy` of its own. */
  proxy: proxy.optional(),
  inputs: z.record(columnName, feature).optional(),
});

export type Features = z.output<typeof features>;
export type FeatureDeclaration = z.output<typeof feature>;
export type ProxyDeclaration = z.output<typeof proxy>;

/** Members that `features.inputs` and `data.*.columns` both have, under either name. */
const SAME_MEMBERS = [
  ['definition', 'means'],
  ['transform', 'transform'],
  ['justification', 'justification'],
  ['reason_text', 'reason_text'],
] as const;

interface DescribedColumn {
  readonly means?: string | undefined;
  readonly transform?: string | undefined;
  readonly justification?: string | undefined;
  readonly reason_text?: string | undefined;
}

export interface FeatureProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong with a `features` section beside the rest of its file; each thing is said in one place. */
export function featureProblems(
  declared: Features,
  around: {
    readonly inputs: readonly string[];
    readonly data: Readonly<
      Record<string, { readonly columns?: Readonly<Record<string, DescribedColumn>> | undefined }>
    >;
  },
): readonly FeatureProblem[] {
  return Object.entries(declared.inputs ?? {}).flatMap(([name, feature]) => [
    ...unknownInput(name, around.inputs),
    ...unknownDatasets(name, feature, Object.keys(around.data)),
    ...(feature.from === undefined ? saidTwice(name, feature, around.data) : []),
  ]);
}

function unknownInput(name: string, inputs: readonly string[]): readonly FeatureProblem[] {
  if (inputs.includes(name)) return [];
  const known = inputs.length === 0 ? 'there is no `artifact`' : inputs.slice(0, 20).join(', ');
  return [{ path: ['inputs', name], message: `expected an input of the artifact: ${known}` }];
}

function unknownDatasets(
  name: string,
  { from = [] }: FeatureDeclaration,
  datasets: readonly string[],
): readonly FeatureProblem[] {
  return from.flatMap((column, index) => {
    const dataset = column.slice(0, column.indexOf('.'));
    if (datasets.includes(dataset)) return [];
    const message = `there is no dataset \`${dataset}\`; there are ${datasets.join(', ')}`;
    return [{ path: ['inputs', name, 'from', index], message }];
  });
}

function saidTwice(
  name: string,
  feature: FeatureDeclaration,
  data: Parameters<typeof featureProblems>[1]['data'],
): readonly FeatureProblem[] {
  return Object.entries(data).flatMap(([dataset, { columns }]) => {
    const column = columns?.[name];
    if (column === undefined) return [];
    return SAME_MEMBERS.filter(
      ([here, there]) => feature[here] !== undefined && column[there] !== undefined,
    ).map(([here, there]) => ({
      path: ['inputs', name, here],
      message: `is already said as \`data.${dataset}.columns.${name}.${there}\`; leave one of them out`,
    }));
  });
}
