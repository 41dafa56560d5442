// SPDX-License-Identifier: Apache-2.0
import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
} from 'echarts/components';
import { type EChartsCoreOption, init, setPlatformAPI, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { bundledFonts } from '../fonts.ts';

use([
  BarChart,
  CustomChart,
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
]);

/**
 * Renders an ECharts option as SVG text.
 * Text is measured with the metrics of the bundled typeface: a guess would clip axis labels, and
 * a canvas would measure with whatever this machine has installed.
 */
export function optionSvg(
  option: EChartsCoreOption,
  size: { readonly width: number; readonly height: number },
): string {
  const fonts = bundledFonts();
  setPlatformAPI({
    measureText: (text, font) => ({ width: fonts.sansWidth(text, pixels(font ?? '')) }),
  });
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(option);
    return stableNames(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

// ECharts numbers its instances and their classes per process, so two renderings of one chart would
// differ in names only. Styles of hovering have no use in a document and go. Text cannot be hit by
// these patterns: in it the quotation mark is written as an entity.
function stableNames(svg: string): string {
  return svg
    .replace(/\bzr\d+-/g, 'zr-')
    .replace(/ class="[^"]*"/g, '')
    .replace(/ pointer-events="[^"]*"/g, '')
    .replace(/<style\s*>[\s\S]*?<\/style>/g, '');
}

function pixels(font: string): number {
  return Number(/(\d+(?:\.\d+)?)px/.exec(font)?.[1] ?? 12);
}
