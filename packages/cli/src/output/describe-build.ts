// SPDX-License-Identifier: Apache-2.0
import type { BuiltFacts } from '@countersign/kernel';
import { fields, short, table } from './table.ts';

/** How a version was built, for a terminal: features, design, searches. Nothing where nothing is recorded. */
export function describeBuild({
  features,
  design,
  searches = [],
}: Partial<BuiltFacts>): readonly string[] {
  return [
    ...(features === undefined ? [] : featureLines(features)),
    ...(design === undefined ? [] : designLines(design)),
    ...searches.flatMap(({ step, source, count, taken, warnings }) => [
      '',
      `search of step ${step}, ${count} trials as written by ${source}: ${taken}`,
      ...warnings.map((text) => `  ! ${text}`),
    ]),
  ];
}

function featureLines({
  inputs,
  lacking,
  record,
}: NonNullable<BuiltFacts['features']>): readonly string[] {
  const complete = lacking.length === 0 ? 'catalogue complete' : `${lacking.length} lack an entry`;
  return [
    ...fields([['features', `${inputs.length} inputs, ${complete} (${short(record)})`]]),
    ...lacking.map((text) => `  ${text}`),
  ];
}

function designLines({
  constraints,
  record,
}: NonNullable<BuiltFacts['design']>): readonly string[] {
  return [
    '',
    ...table(
      [`design constraint (${short(record)})`, 'state', 'found'],
      constraints.map(({ what, state, found }) => [what, state, found]),
    ),
  ];
}
