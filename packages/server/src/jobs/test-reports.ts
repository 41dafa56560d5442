// SPDX-License-Identifier: Apache-2.0
import type {
  BaseReport,
  FairnessReport,
  RobustnessReport,
  TestingEvaluation,
} from '@countersign/analysis';
import { type ReportPlace, reportContent } from './measurement-content.ts';
import type { TestDraft } from './record-tests.ts';

/** The reports of an evaluated plan as records: performance, fairness, sensitivity, boundary behaviour, and further parts. */
export function testReports(
  evaluation: TestingEvaluation,
  place: ReportPlace,
  rest: Pick<TestDraft, 'source' | 'blobs'>,
): readonly TestDraft[] {
  const { performance, fairness, robustness, parts } = evaluation;
  return [
    { type: 'performance-test', content: performanceContent(performance, place), ...rest },
    ...(fairness === undefined
      ? []
      : [{ type: 'fairness-test' as const, content: fairnessContent(fairness, place), ...rest }]),
    ...(robustness === undefined ? [] : robustnessDrafts(robustness, place, rest)),
    ...parts.map(({ evidence, kind, report, data }) => ({
      type: evidence,
      kind,
      content: reportContent(report, data === undefined ? place : { ...place, data }),
      ...rest,
    })),
  ];
}

/** Figures of segments stand among the measurements; the detail keeps what a reader must know of each grouping. */
export function performanceContent(report: BaseReport, place: ReportPlace) {
  const figures = report.segments.flatMap(({ measurements }) => measurements);
  const segments = report.segments.map((segment) => ({ ...segment, measurements: [] }));
  const further = 'cutoffs' in report ? report.cutoffs : [];
  const measurements = [...report.measurements, ...further, ...figures];
  return reportContent({ ...report, segments } as BaseReport, place, { measurements });
}

export function fairnessContent(report: FairnessReport, place: ReportPlace) {
  const rates = report.attributes.flatMap(({ groups, outcomes }) => [
    ...groups.map((one) => one.approval_rate),
    ...(outcomes?.figures ?? []),
  ]);
  // Figures of groups stand among the measurements; the detail keeps counts, exact tests and curves.
  const attributes = report.attributes.map((one) =>
    one.outcomes === undefined ? one : { ...one, outcomes: { ...one.outcomes, figures: [] } },
  );
  return reportContent({ ...report, attributes } as FairnessReport, place, {
    governing: report.governing,
    measurements: [...report.measurements, ...rates],
  });
}

const BOUNDARY_METRIC = 'boundary_failures';

function robustnessDrafts(
  report: RobustnessReport,
  place: ReportPlace,
  rest: Pick<TestDraft, 'source' | 'blobs'>,
): readonly TestDraft[] {
  const { inputs, boundaries, ...common } = report;
  const isBoundary = ({ metric }: { readonly metric: string }) => metric === BOUNDARY_METRIC;
  return [
    {
      type: 'robustness-test',
      kind: 'sensitivity',
      content: reportContent({ ...common, inputs } as RobustnessReport, place, {
        measurements: report.measurements.filter((one) => !isBoundary(one)),
      }),
      ...rest,
    },
    {
      type: 'robustness-test',
      kind: 'boundary',
      content: reportContent({ ...common, boundaries } as RobustnessReport, place, {
        measurements: report.measurements.filter(isBoundary),
      }),
      ...rest,
    },
  ];
}
