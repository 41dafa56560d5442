// SPDX-License-Identifier: Apache-2.0
import { visibleText } from '@countersign/kernel';
import { escapeHtml } from '../dossier/index.ts';

/** A notice as it was written down for somebody. */
export interface WrittenItem {
  readonly key: string;
  readonly kind: string;
  readonly subject: string;
  readonly text: string;
  readonly link: string;
  readonly due: string | null;
  readonly urgent: boolean;
  readonly record: string | null;
}

export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Of a mail; the rest is counted, and the pages have all of it. */
const ITEMS_MAX = 100;
const SUBJECT_MAX = 120;

/**
 * The mail that tells somebody of items. What others wrote stands in it as text: without line ends and characters that do
 * not show themselves, and escaped where it is HTML.
 */
export function mailText(
  items: readonly WrittenItem[],
  at: { readonly firm: string; readonly origin: string },
): MailText {
  const ordered = [...items].sort(
    (a, b) => Number(b.urgent) - Number(a.urgent) || (a.due ?? '~').localeCompare(b.due ?? '~'),
  );
  const shown = ordered.slice(0, ITEMS_MAX);
  const more = ordered.length - shown.length;
  const rest = more === 0 ? [] : [`and ${more} more`];
  const foot = [
    `Countersign of ${visibleText(at.firm)}. What binds is in its records, not in this mail.`,
    `When you are written to: ${at.origin}/account`,
  ];
  const text = [
    ...shown.map((item) => `${lineOf(item)}\n  ${at.origin}${item.link}`),
    ...rest,
    foot.join('\n'),
  ].join('\n\n');
  const html = [
    '<!doctype html><html lang="en"><meta charset="utf-8"><body style="font-family:sans-serif">',
    '<ul>',
    ...shown.map(
      (item) =>
        `<li><a href="${escapeHtml(at.origin + item.link)}">${escapeHtml(lineOf(item))}</a></li>`,
    ),
    '</ul>',
    ...rest.map((line) => `<p>${line}</p>`),
    `<p style="color:#555">${foot.map(escapeHtml).join('<br>')}</p>`,
    '</body></html>',
  ].join('\n');
  return { subject: subjectOf(ordered), text: `${text}\n`, html };
}

function lineOf({ subject, text, urgent }: WrittenItem): string {
  return visibleText(`${urgent ? 'URGENT ' : ''}${subject}: ${text}`);
}

function subjectOf(items: readonly WrittenItem[]): string {
  const [first] = items;
  if (first === undefined) return 'Countersign';
  const others = items.length - 1;
  const more = others === 0 ? '' : ` (and ${others} more)`;
  const line = lineOf(first);
  const room = SUBJECT_MAX - more.length;
  return `${line.length > room ? `${line.slice(0, room - 1)}…` : line}${more}`;
}
