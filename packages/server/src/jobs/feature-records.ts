// SPDX-License-Identifier: Apache-2.0
import { canonicalBytes, type FeatureCatalogueContent, type Json } from '@countersign/kernel';
import { type RunResult, type StepTransformation, toRecordJson } from '@countersign/pipeline';

/** A record is read whole by whoever judges the version; what is left out of it is in the run result. */
const TRANSFORMATIONS_BYTES_MAX = 256 * 1024;

/** The measured catalogue of a run; undefined for a run of before it was made, or without an artefact. */
export function catalogueContent(
  result: Pick<RunResult, 'featureCatalogue' | 'transformations'>,
): FeatureCatalogueContent | undefined {
  const { featureCatalogue, transformations = [] } = result;
  if (featureCatalogue === undefined) return undefined;
  const { inputs, lacking, screen } = featureCatalogue;
  return {
    inputs: inputs.map((input) => ({ ...input, screen: toRecordJson(input.screen) })),
    lacking,
    screen: toRecordJson(screen),
    transformations: boundedTransformations(transformations),
  };
}

/** Without distributions, then without shared columns that stayed as they were, where the whole is too large. */
function boundedTransformations(steps: readonly StepTransformation[]): Json {
  const forms = [steps, steps.map(withoutDistributions), steps.map(changesAlone)];
  const texts = forms.map((form) => toRecordJson(form));
  const fitting = texts.find((json) => canonicalBytes(json).length <= TRANSFORMATIONS_BYTES_MAX);
  return fitting ?? steps.map(({ step, command }) => ({ step, command, see: 'the run result' }));
}

function withoutDistributions(step: StepTransformation): unknown {
  return eachSource(step, (source) => ({
    ...source,
    shared: source.shared.map(({ before: _before, after: _after, ...rest }) => rest),
  }));
}

function changesAlone(step: StepTransformation): unknown {
  return eachSource(step, (source) => ({
    ...source,
    shared: source.shared
      .filter(({ type, imputed }) => imputed !== null || type.before !== type.after)
      .map(({ column, type, missing, imputed }) => ({ column, type, missing, imputed })),
  }));
}

type Source = StepTransformation['tables'][number]['sources'][number];

function eachSource(step: StepTransformation, of: (source: Source) => unknown): unknown {
  const tables = step.tables.map((table) => ({ ...table, sources: table.sources.map(of) }));
  return { ...step, tables };
}
