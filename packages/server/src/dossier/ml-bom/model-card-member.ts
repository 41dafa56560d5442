// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  evidenceItems,
  type Json,
  latestItem,
  type ModelSpecContent,
  type PaperContent,
  type RecordSet,
  type VersionContext,
} from '@countersign/kernel';

interface About {
  readonly set: RecordSet;
  readonly context: VersionContext;
}

/** The `modelCard` member of CycloneDX 1.6: parameters, measured figures, considerations from signed papers. */
export function modelCard(about: About, spec: ModelSpecContent | undefined): Json {
  const { set, context } = about;
  const datasets = evidenceItems(set, context, { id: 'dataset-snapshot' }).map(
    ({ digest, statement: { predicate } }): Json => ({
      ref: `data:${String(predicate.content.dataset)}.${String(predicate.content.split)}:${digest.slice(0, 12)}`,
    }),
  );
  const metrics = metricsOf(about);
  return {
    modelParameters: {
      approach: { type: 'supervised' },
      ...(spec === undefined
        ? {}
        : {
            architectureFamily: spec.algorithm.slice(0, 200),
            inputs: spec.inputs.map(({ name, type }): Json => ({ format: `${name}: ${type}` })),
            outputs: [{ format: spec.output.name }],
          }),
      ...(datasets.length === 0 ? {} : { datasets }),
    },
    ...(metrics.length === 0 ? {} : { quantitativeAnalysis: { performanceMetrics: metrics } }),
    considerations: considerations(about),
  };
}

const REPORTS = ['performance-test', 'fairness-test'] as const;

/** Every measured figure in force, with its slice and interval. */
function metricsOf({ set, context }: About): readonly Json[] {
  return REPORTS.flatMap((id) => evidenceItems(set, context, { id })).flatMap((record) => {
    const { content } = record.statement.predicate;
    const all = Array.isArray(content.measurements) ? content.measurements : [];
    return all.flatMap((one: Json) => metricOf(one, content.phase) ?? []);
  });
}

function metricOf(one: Json, phase: Json | undefined): Json | undefined {
  const { metric, value, segment, group, interval } = one as { readonly [name: string]: Json };
  if (typeof metric !== 'string' || !Number.isFinite(Number(value))) return undefined;
  const slice = [phase, segment ?? group].filter((text) => typeof text === 'string').join(', ');
  const bounds = interval as { readonly low?: Json; readonly high?: Json } | undefined;
  return {
    type: metric,
    value: String(value),
    slice,
    ...(bounds === undefined
      ? {}
      : {
          confidenceInterval: {
            lowerBound: String(bounds.low),
            upperBound: String(bounds.high),
          },
        }),
  };
}

/** Sections of signed papers under the heading that CycloneDX asks for; nothing that nobody wrote. */
function considerations(about: About): Json {
  const list = (id: 'intended-use' | 'assumptions-limitations', headings: readonly string[]) =>
    sectionsOf(latestItem(about.set, about.context, { id }), headings);
  const members = {
    users: list('intended-use', ['Users']),
    useCases: list('intended-use', ['Purpose', 'Decisions']),
    technicalLimitations: list('assumptions-limitations', ['Limitations']),
  };
  return Object.fromEntries(Object.entries(members).filter(([, texts]) => texts.length > 0));
}

function sectionsOf(
  record: CountedRecord | undefined,
  headings: readonly string[],
): readonly string[] {
  const content = record?.statement.predicate.content as unknown as
    | Partial<PaperContent>
    | undefined;
  return (content?.sections ?? []).flatMap(({ heading, markdown }) =>
    headings.includes(heading) ? [markdown] : [],
  );
}
