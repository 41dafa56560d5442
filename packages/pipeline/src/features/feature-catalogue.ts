// SPDX-License-Identifier: Apache-2.0

/** How much one input tells of one protected attribute, measured on development rows. */
export interface ScreenResult {
  /** The grouping's name under `data.*.roles.protected`. */
  readonly attribute: string;
  /** Rows with a value of the attribute that were joined with the input's. */
  readonly rows: number;
  /** One group against the rest; `auc` is null where either has too few rows. */
  readonly groups: readonly {
    readonly group: string;
    readonly rows: number;
    readonly auc: string | null;
  }[];
  /** The largest of the groups' areas. */
  readonly auc: string | null;
  readonly nmi: string;
  readonly limits: { readonly auc: string; readonly nmi: string | null };
  readonly verdict: 'within' | 'above' | 'too few rows';
}

export interface CatalogueInput {
  /** A row key of the model: the input's name, or one of its columns. */
  readonly input: string;
  readonly type: string;
  readonly definition: string | null;
  /** Columns of snapshots that it comes from: itself, or those that the file declares. */
  readonly lineage: readonly {
    readonly dataset: string;
    readonly column: string;
    /** What else that column is: `protected`, `withheld`, `label`; `unknown` where the snapshot has none of that name. */
    readonly marks: readonly string[];
  }[];
  /** Where its values lie in the run, of those tables that hold a column of its name. */
  readonly foundIn: readonly string[];
  readonly transform: string | null;
  readonly justification: string | null;
  readonly reasonText: string | null;
  readonly screen: readonly ScreenResult[];
  /** Why nothing was screened, as declared; null where it was. */
  readonly unscreened: string | null;
  /** Why it is kept although it tells more of a protected attribute than the limit. */
  readonly proxyReason: string | null;
}

/** Every input of the model, how it came to be and what it may stand for. Complete when nothing is lacking. */
export interface FeatureCatalogue {
  readonly inputs: readonly CatalogueInput[];
  readonly lacking: readonly { readonly input: string; readonly what: readonly string[] }[];
  /** On which rows the screen was made, and how; null where no protected attribute is declared. */
  readonly screen: {
    readonly data: string;
    readonly digest: string;
    readonly method: string;
    readonly source: string;
  } | null;
}

/** What an entry must have for the catalogue to be complete; in words, for whoever must write it. */
export function lackingOf(entry: CatalogueInput): readonly string[] {
  const above = entry.screen.filter(({ verdict }) => verdict === 'above');
  const isScreened = entry.screen.some(({ verdict }) => verdict !== 'too few rows');
  return [
    ...(entry.definition === null ? ['a definition'] : []),
    ...(entry.lineage.length === 0 ? ['its source columns (`from`)'] : []),
    ...entry.lineage.flatMap((source) => lineageProblem(source, entry)),
    ...(entry.justification === null ? ['a justification'] : []),
    ...(isScreened || entry.unscreened !== null
      ? []
      : ['a proxy screen, or `proxy: { none: … }` with the reason']),
    ...(above.length === 0 || entry.proxyReason !== null
      ? []
      : [
          `a reason why it is kept (\`proxy.why\`): it tells ${above.map(({ attribute }) => attribute).join(', ')} beyond the limit`,
        ]),
  ];
}

function lineageProblem(
  { dataset, column, marks }: CatalogueInput['lineage'][number],
  { proxyReason }: CatalogueInput,
): readonly string[] {
  const name = `\`${dataset}.${column}\``;
  if (marks.includes('unknown')) return [`a source that exists: the snapshot has no ${name}`];
  if (marks.includes('label')) return [`another source: ${name} is the label`];
  const guarded = marks.filter((mark) => mark === 'protected' || mark === 'withheld');
  if (guarded.length === 0 || proxyReason !== null) return [];
  return [`a reason why it is kept (\`proxy.why\`): ${name} is ${guarded.join(' and ')}`];
}
