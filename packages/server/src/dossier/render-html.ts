// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { chartAlt, chartSvg } from './charts.ts';
import type {
  Block,
  Cell,
  DocumentModel,
  DocumentSection,
  FactsBlock,
  GapBlock,
  Inline,
  PaperBlock,
  TableBlock,
} from './document.ts';
import { digestsOf, sectionLabel, shortDigestLength } from './document.ts';
import { escapeHtml } from './escape-html.ts';
import { evidenceName, sourceName } from './evidence-names.ts';
import { gapHeading } from './gap-heading.ts';
import { printer } from './printable.ts';

const STYLE = new URL('./document.css', import.meta.url);

/**
 * The document as one self-contained HTML page: no script, nothing fetched, and a policy in the page
 * that forbids both. Same model, same bytes.
 * @throws ServerError `chart_malformed`
 */
export function renderHtml(model: DocumentModel): string {
  const style = readFileSync(STYLE, 'utf8');
  const digestLength = shortDigestLength(digestsOf(model));
  const labels = new Map(model.sections.map((one) => [one.number, sectionLabel(one)]));
  const page: Page = {
    digestLength,
    labels,
    tables: 0,
    figures: 0,
    print: printer(isShown).print,
  };
  const text = (value: string) => words(value, page);
  const stamp = model.stamp === undefined ? '' : `<p class="stamp">${text(model.stamp)}</p>`;
  const body = [
    `<header><p class="kicker">${text(model.kicker ?? '')}</p><h1>${text(model.title)}</h1>`,
    `<p class="subtitle">${text(model.subtitle)}</p>${stamp}`,
    facts({ kind: 'facts', rows: model.meta }, page),
    `</header><section class="summary">${blocks(model.summary, page)}</section>`,
    contents(model, page),
    ...model.sections.map((section) => sectionHtml(section, page)),
    appendix(model, page),
    `<footer>Evidence set <code>${model.evidenceSetDigest}</code> as of ${text(model.asOf)} ${stamp}</footer>`,
  ].join('\n');
  return `<!doctype html>
<html lang="en-US"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="countersign-evidence-set" content="${model.evidenceSetDigest}">
<title>${text(`${model.title}: ${model.subtitle}`)}</title>
<style>${style}</style></head>
<body><main>
${body}
</main></body></html>
`;
}

// The counters number captions in reading order; a page is rendered once, by one call.
interface Page {
  readonly digestLength: number;
  /** How sections are called, by their numbers. */
  readonly labels: ReadonlyMap<number, string>;
  tables: number;
  figures: number;
  readonly print: (text: string) => string;
}

function isShown(): boolean {
  return true;
}

function words(text: string, page: Page): string {
  return escapeHtml(page.print(text)).replaceAll('\n', '<br>');
}

function cited(digest: string, page: Page): string {
  const short = escapeHtml(digest.slice(0, page.digestLength));
  return `<a class="cite" href="#record-${escapeHtml(digest)}">${short}</a>`;
}

const STYLE_TAGS = { strong: 'strong', emphasis: 'em', code: 'code' } as const;

function styled(html: string, style: keyof typeof STYLE_TAGS | undefined): string {
  return style === undefined ? html : `<${STYLE_TAGS[style]}>${html}</${STYLE_TAGS[style]}>`;
}

function inline(part: Inline, page: Page): string {
  switch (part.kind) {
    case 'text':
      return exactly(styled(words(part.text, page), part.style), part.exact);
    case 'cite':
      return cited(part.digest, page);
    case 'section':
      return `<a href="#section-${part.number}">section ${words(page.labels.get(part.number) ?? String(part.number), page)}</a>`;
    case 'break':
      return '<br>';
  }
}

function inlines(parts: readonly Inline[], page: Page): string {
  return parts.map((part) => inline(part, page)).join('');
}

function blocks(list: readonly Block[], page: Page, quoted = false): string {
  return list.map((block) => blockHtml(block, page, quoted)).join('\n');
}

function blockHtml(block: Block, page: Page, quoted: boolean): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${inlines(block.text, page)}</p>`;
    case 'heading': {
      const level = block.level + (quoted ? 2 : 1);
      return `<h${level}>${words(block.text, page)}</h${level}>`;
    }
    case 'list': {
      const tag = block.ordered ? 'ol' : 'ul';
      const items = block.items.map((item) => `<li>${blocks(item, page, quoted)}</li>`).join('');
      return `<${tag}>${items}</${tag}>`;
    }
    case 'quote':
      return `<blockquote>${blocks(block.blocks, page, quoted)}</blockquote>`;
    case 'code':
      return `<pre><code>${escapeHtml(page.print(block.text))}</code></pre>`;
    case 'table':
      return table(block, page);
    case 'figure': {
      page.figures += 1;
      const svg = uniqueIds(chartSvg(block.chart), page.figures);
      const alt = escapeHtml(page.print(chartAlt(block.chart)));
      const caption = captionHtml(`Figure ${page.figures}`, block, page);
      return `<figure><div role="img" aria-label="${alt}">${svg}</div><figcaption>${caption}</figcaption></figure>`;
    }
    case 'facts':
      return facts(block, page);
    case 'gap':
      return gap(block, page);
    case 'notice': {
      const mark = block.tone === 'stale' ? '<strong>Stale.</strong> ' : '';
      return `<div class="notice ${block.tone}">${mark}${inlines(block.text, page)}</div>`;
    }
    case 'paper':
      return paper(block, page);
  }
}

function captionHtml(
  label: string,
  block: { readonly caption?: string; readonly cite?: string },
  page: Page,
): string {
  const cite = block.cite === undefined ? '' : ` ${cited(block.cite, page)}`;
  return `<b>${label}</b> ${words(block.caption ?? '', page)}${cite}`;
}

function table(block: TableBlock, page: Page): string {
  const side = (index: number) => block.columns[index]?.align ?? 'left';
  const head = block.columns
    .map((column) => `<th scope="col" class="${column.align}">${words(column.title, page)}</th>`)
    .join('');
  const rows = block.rows.map((row) => {
    const cells = row.map(
      (cell, index) => `<td class="${side(index)}">${cellHtml(cell, page)}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  if (block.caption !== undefined) page.tables += 1;
  const label = captionHtml(`Table ${page.tables}`, block, page);
  const caption = block.caption === undefined ? '' : `<caption>${label}</caption>`;
  return `<div class="wide"><table>${caption}<thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function cellHtml(cell: Cell, page: Page): string {
  const html = styled(words(cell.text, page), cell.style);
  const exact = exactly(html, cell.exact);
  return cell.cite === undefined ? exact : `${exact} ${cited(cell.cite, page)}`;
}

/** What is shown, with what is recorded for whoever points at it or copies it. */
function exactly(html: string, exact: string | undefined): string {
  return exact === undefined
    ? html
    : `<data value="${escapeHtml(exact)}" title="${escapeHtml(exact)}">${html}</data>`;
}

function facts(block: FactsBlock, page: Page): string {
  const rows = block.rows.map(
    ({ label, value }) => `<dt>${words(label, page)}</dt><dd>${inlines(value, page)}</dd>`,
  );
  const cite =
    block.cite === undefined ? '' : `<p class="source">record ${cited(block.cite, page)}</p>`;
  return `<dl>${rows.join('\n')}</dl>${cite}`;
}

function gap(block: GapBlock, page: Page): string {
  const kind =
    block.evidenceKind === undefined ? '' : ` of kind ${words(block.evidenceKind, page)}`;
  const asked = block.clauses.map((clause) => words(clause, page)).join(', ');
  const clauses = asked === '' ? '' : `<p class="clauses">Asked for by ${asked}</p>`;
  const tone = block.status.replaceAll(' ', '-');
  return `<div class="gap ${tone}"><p><strong>${gapHeading(block)}</strong> ${words(evidenceName(block.evidence), page)}${kind}</p><p>${words(block.why, page)}</p>${clauses}</div>`;
}

function paper(block: PaperBlock, page: Page): string {
  const by = `Signed by ${words(block.author, page)}, ${words(block.signedAt, page)} ${cited(block.cite, page)}`;
  return `<article class="paper"><p class="signed"><strong>${words(block.title, page)}</strong><br>${by}</p>${blocks(block.blocks, page, true)}</article>`;
}

function contents(model: DocumentModel, page: Page): string {
  const items = model.sections.map((section) => {
    const { number, title } = section;
    const label = words(sectionLabel(section), page);
    return `<li><a href="#section-${number}"><span>${label}</span> ${words(title, page)}</a></li>`;
  });
  const last = '<li><a href="#records">Records this document was compiled from</a></li>';
  return `<nav><h2>Contents</h2><ol>${items.join('')}${last}</ol></nav>`;
}

function sectionHtml(section: DocumentSection, page: Page): string {
  const rows = section.evidence.map(({ id, status, digests }) => {
    const tone = status.replaceAll(' ', '-');
    const list = digests.map((digest) => cited(digest, page)).join(' ');
    return `<tr><td>${words(evidenceName(id), page)}</td><td class="status ${tone}">${status}</td><td>${list}</td></tr>`;
  });
  const strip = rows.length === 0 ? '' : `<table class="evidence">${rows.join('')}</table>`;
  return `<section id="section-${section.number}"><h2><span>${words(sectionLabel(section), page)}</span> ${words(section.title, page)}</h2>${strip}
${blocks(section.blocks, page)}</section>`;
}

function appendix(model: DocumentModel, page: Page): string {
  const rows = model.sources.map(
    ({ digest, type, actor, claimedAt }) =>
      `<tr id="record-${escapeHtml(digest)}"><td><code>${escapeHtml(digest)}</code></td><td>${words(sourceName(type), page)}</td><td>${words(actor, page)}</td><td>${words(claimedAt, page)}</td></tr>`,
  );
  return `<section id="records"><h2>Records this document was compiled from</h2>
<p>${model.sources.length} records. The evidence set digest is the SHA-256 over their sorted digests; the same set stands in the PDF and JSON editions.</p>
<div class="wide"><table><thead><tr><th scope="col">Record (SHA-256)</th><th scope="col">Evidence</th><th scope="col">Author</th><th scope="col">Claimed time</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>${references(model)}${digestList(model)}</section>`;
}

function references(model: DocumentModel): string {
  if (model.references.length === 0) return '';
  const rows = model.references.map(
    (digest) => `<li id="record-${escapeHtml(digest)}"><code>${escapeHtml(digest)}</code></li>`,
  );
  return `<p>Named by these records and not printed here:</p><ul class="references">${rows.join('')}</ul>`;
}

function digestList({ digests = [] }: DocumentModel): string {
  if (digests.length === 0) return '';
  const rows = digests.map((digest) => `<li><code>${escapeHtml(digest)}</code></li>`);
  return `<p>Digests of files and data that stand short in the text:</p><ul class="references">${rows.join('')}</ul>`;
}

// Charts share names of clip paths; in one page each figure needs its own.
function uniqueIds(svg: string, figure: number): string {
  return svg.replace(/(id="|url\(#)zr-/g, `$1figure-${figure}-`);
}
