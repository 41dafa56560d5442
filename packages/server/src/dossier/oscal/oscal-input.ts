// SPDX-License-Identifier: Apache-2.0
import type { ClauseResult, RecordSet, VersionContext } from '@countersign/kernel';

/** A clause as it stands for the version. */
export type OscalClause = ClauseResult & {
  readonly ref: string;
  readonly requirement: string;
};

/** What OSCAL documents of one version are a function of. */
export interface OscalInput {
  readonly set: RecordSet;
  readonly context: VersionContext;
  readonly firm: string;
  /** ISO UTC; the `last-modified` of the documents. */
  readonly asOf: string;
  readonly asOfIndex: number;
  readonly pack: { readonly id: string; readonly version: string; readonly title: string };
  readonly clauses: readonly OscalClause[];
}

/** JSON of OSCAL: kebab-case members as NIST's schema names them. */
export type OscalJson = { readonly [member: string]: unknown };

/** The release of OSCAL that the documents are written in. */
export const OSCAL_VERSION = '1.2.3';

/** NIST SP 800-53 Release 5.2.0, the catalogue that control ids refer to. */
export const CATALOGUE = 'https://doi.org/10.6028/NIST.SP.800-53r5';
