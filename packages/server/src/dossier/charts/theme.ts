// SPDX-License-Identifier: Apache-2.0
import { FONT_FAMILIES } from '../fonts.ts';

/**
 * Colours that differ in lightness as well as hue, so that a photocopy still tells series apart:
 * relative luminance 0.06, 0.29 and 0.62, and each series has its own shape or pattern besides.
 */
export const INK = '#1c2733';
export const MUTED = '#5b6875';
export const HAIRLINE = '#d5dbe1';
export const PRIMARY = '#1f4e79';
export const SECONDARY = '#c9803a';
export const LIMIT = '#9b1c1c';

/** In the order in which series take them; shapes and dashes tell apart what lightness does not. */
export const SERIES_COLOURS = [PRIMARY, SECONDARY, '#3f7f5f', '#8a5a9e', MUTED, '#a8506a'];

const LABEL = { color: INK, fontFamily: FONT_FAMILIES.sans, fontSize: 13 };

export const TEXT_STYLE = LABEL;
export const TICK_LABEL = { ...LABEL, color: MUTED, fontSize: 12 };

/** Settings every chart shares; nothing moves, since a document does not. */
export const BASE = { animation: false, backgroundColor: 'transparent', textStyle: LABEL };

export interface AxisText {
  readonly name: string;
  /** Pixels between the axis and its name. */
  readonly gap: number;
}

/** A value axis with its name in the middle. */
export function valueAxis({ name, gap }: AxisText) {
  return {
    type: 'value' as const,
    name,
    nameLocation: 'middle' as const,
    nameGap: gap,
    nameTextStyle: LABEL,
    axisLabel: TICK_LABEL,
    axisLine: { show: true, lineStyle: { color: MUTED } },
    axisTick: { show: true, lineStyle: { color: MUTED } },
    splitLine: { lineStyle: { color: HAIRLINE } },
  };
}

/** A category axis for rows read from top to bottom. */
export function rowAxis(labels: readonly string[]) {
  return {
    type: 'category' as const,
    inverse: true,
    data: [...labels],
    axisLabel: {
      ...TICK_LABEL,
      color: INK,
      interval: 0,
      width: 230,
      lineHeight: 14,
      overflow: 'breakAll' as const,
    },
    axisLine: { lineStyle: { color: MUTED } },
    axisTick: { show: false },
  };
}

export function legend() {
  return { top: 0, left: 'center' as const, itemGap: 24, icon: 'rect', textStyle: LABEL };
}
