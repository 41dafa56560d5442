// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, sentence } from '../common-values.ts';
import { limits, windowText } from './limits.ts';

export const backtest = z.union([
  z.strictObject({ gap: sentence }),
  z.strictObject({
    time: columnName,
    window: windowText,
    limits,
  }),
]);
