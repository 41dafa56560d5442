// SPDX-License-Identifier: Apache-2.0
import type { ExamQuestion, ExamRegister, Json } from '@countersign/kernel';
import { visibleText } from '@countersign/kernel';
import { type Column, tableFor } from './register-tables.ts';

interface Head {
  readonly firm: string;
  readonly root: string;
  readonly question: ExamQuestion;
}

const STYLE = `:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem;font-size:13px}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 18%,transparent)}
code{font-family:ui-monospace,monospace;font-size:12px;overflow-wrap:anywhere}
h2{margin:2.2rem 0 .2rem;font-size:1.15rem}
.wide{overflow-x:auto}
time{white-space:nowrap}
p.none{opacity:.7}`;

/** The package's first page: what it answers, and each register as a table. Records are named by digest in every row. */
export function renderIndex(head: Head, registers: readonly ExamRegister[]): string {
  const { firm, root, question } = head;
  const contents = registers
    .map(({ name, title, content }) => {
      const rows = rowsOf({ name, title, content }).length;
      return `<tr><td><a href="#${name}">${text(title)}</a></td><td>${rows}</td><td><a href="registers/${name}.json"><code>registers/${name}.json</code></a></td></tr>`;
    })
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(`Examination of ${firm} as of ${question.date}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${text(`Examination of ${firm}`)}</h1>
<table>
<tr><th>State as of</th><td>${text(question.date)}</td></tr>
<tr><th>Changes from</th><td>${text(question.period.from)}</td></tr>
<tr><th>to</th><td>${text(question.period.to)}</td></tr>
<tr><th>As the log told it at entry</th><td>${question.known}</td></tr>
<tr><th>Founding record</th><td><code>${text(root)}</code></td></tr>
</table>
<p>Every line below was computed from signed records in <code>log/records.json</code>; its digest names the record.
Check the package offline with <code>countersign verify exam.zip --root ${text(root)}</code>. Times are UTC.</p>
<table>
<tr><th>Register</th><th>Lines</th><th>File</th></tr>
${contents}
</table>
${registers.map(section).join('\n')}
</body>
</html>
`;
}

function section(register: ExamRegister): string {
  const { name, title } = register;
  const { columns, list } = tableFor(name);
  const rows = rowsOf(register);
  const none = list === undefined ? 'Nothing is recorded.' : `No ${list}.`;
  const body = rows.length === 0 ? `<p class="none">${text(none)}</p>` : tableOf(columns, rows);
  return `<h2 id="${name}">${text(title)}</h2>\n${body}`;
}

function rowsOf({ name, content }: ExamRegister): readonly Json[] {
  const { list } = tableFor(name);
  const rows = list === undefined ? content : valueAt(content, list);
  if (Array.isArray(rows)) return rows;
  return rows === undefined ? [] : [rows];
}

/** The value at a path of members and places; `-1` is the last place. */
function valueAt(json: Json, path: string): Json | undefined {
  let at: Json | undefined = json;
  for (const step of path.split('.')) {
    if (Array.isArray(at)) at = at.at(Number(step));
    else if (typeof at === 'object' && at !== null) at = Reflect.get(at, step);
    else return undefined;
  }
  return at;
}

function tableOf(columns: readonly Column[], rows: readonly Json[]): string {
  const head = columns.map(([title]) => `<th>${text(title)}</th>`).join('');
  const lines = rows.map(
    (row) =>
      `<tr>${columns.map(([, path]) => `<td>${cell(valueAt(row, path))}</td>`).join('')}</tr>`,
  );
  return `<div class="wide"><table>\n<tr>${head}</tr>\n${lines.join('\n')}\n</table></div>`;
}

const LISTED_MAX = 6;

/** Nested values are in the JSON: here a few short ones are listed, and more are counted. */
function short(value: Json): string {
  if (Array.isArray(value)) {
    const isPlain = value.every((one) => typeof one === 'string' && !DIGEST.test(one));
    return isPlain && value.length <= LISTED_MAX ? value.join(', ') : String(value.length);
  }
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  return Object.entries(value)
    .map(([name, one]) => `${name}: ${short(one)}`)
    .join(', ');
}

const DIGEST = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const TEXT_MAX = 240;

function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  const said = typeof value === 'object' ? short(value) : String(value);
  if (DIGEST.test(said)) return `<code>${said}</code>`;
  if (TIME.test(said)) return `<time>${said}</time>`;
  return text(said.length > TEXT_MAX ? `${said.slice(0, TEXT_MAX)}…` : said);
}

const ESCAPES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What records say is somebody's text: it is shown and never interpreted. */
function text(value: string): string {
  return visibleText(value).replaceAll(/[&<>"']/g, (one) => ESCAPES[one] ?? '');
}
