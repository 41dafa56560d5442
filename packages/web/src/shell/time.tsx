// SPDX-License-Identifier: Apache-2.0

const SHOWN = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'short',
});

/** A moment in the reader's own zone; UTC, as records hold it, when pointed at. */
export function Time({ at }: { readonly at: string }) {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return <span>{at}</span>;
  const utc = `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return (
    <time dateTime={at} title={utc}>
      {SHOWN.format(moment)}
    </time>
  );
}
