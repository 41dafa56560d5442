// SPDX-License-Identifier: Apache-2.0

const SHOWN = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'short',
});
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

interface TimeProps {
  readonly at: string;
  /** Where the day stands above it already. */
  readonly only?: 'time';
}

/** A moment in the reader's own zone; UTC, as records hold it, when pointed at. */
export function Time({ at, only }: TimeProps) {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return <span>{at}</span>;
  const utc = `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return (
    <time dateTime={at} title={utc}>
      {(only === undefined ? SHOWN : TIME).format(moment)}
    </time>
  );
}
