// SPDX-License-Identifier: Apache-2.0

export interface Day<One> {
  readonly day: string;
  readonly records: readonly One[];
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });

/** Records in the order they came, parted where the reader's day changes. */
export function daysOf<One extends { readonly recordedAt: string }>(
  records: readonly One[],
): readonly Day<One>[] {
  const days: { readonly day: string; readonly records: One[] }[] = [];
  for (const record of records) {
    const day = DAY.format(new Date(record.recordedAt));
    const last = days.at(-1);
    if (last?.day === day) last.records.push(record);
    else days.push({ day, records: [record] });
  }
  return days;
}
