// SPDX-License-Identifier: Apache-2.0
import type {
  FairnessReport,
  PerformanceReport,
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
    ...parts.map(({ evidence, kind, report }) => ({
      type: evidence,
      kind,
      content: reportContent(report, place),
      ...rest,
    })),
  ];
}

/** Figures of segments stand among the measurements; the detail keeps what a reader must know of each grouping. */
export function performanceContent(report: PerformanceReport, place: ReportPlace) {
  const figures = report.segments.flatMap(({ measurements }) => measurements);
  const segments = report.segments.map((segment) => ({ ...segment, measurements: [] }));
  const measurements = [...report.measurements, ...figures];
  return reportContent({ ...report, segments } as PerformanceReport, place, { measurements });
}

export function fairnessContent(report: FairnessReport, place: ReportPlace) {
  const rates = report.attributes.flatMap(({ groups }) => groups.map((one) => one.approval_rate));
  return reportContent(report, place, {
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
