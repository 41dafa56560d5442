// SPDX-License-Identifier: Apache-2.0

/** A table of the firm: a CSV with a row for each surname or area and a column for each group. */
export interface ProxyTable {
  /** Column of the measured rows. */
  readonly column: string;
  /** File that a step of the run left behind. */
  readonly table: string;
  /** Column of the file that holds the surname or area. */
  readonly key: string;
  /** Column of the file for each group; the group's own name without it. */
  readonly groups?: Readonly<Record<string, string>> | undefined;
}

/** The `fairness.proxy` part of a plan: group probabilities where nobody stated a group. */
export interface ProxyPlan {
  /** `bisg`: Elliott et al. 2009, as CFPB 2014 built it. `stated`: probabilities stand in columns, made as `why` says. */
  readonly method: 'bisg' | 'stated';
  /** What the method is, who made it and what is known of its error. */
  readonly why: string;
  readonly groups: readonly string[];
  readonly reference: string;
  /** Shares of each group among bearers of a surname. */
  readonly surname?: ProxyTable | undefined;
  /** Counts of each group in an area. */
  readonly geography?: ProxyTable | undefined;
  /** Of the population that both tables describe; the sums of the geography table without it. */
  readonly totals?: Readonly<Record<string, string>> | undefined;
  /** Column of the measured rows with the probability of each group, for `stated`. */
  readonly probabilities?: Readonly<Record<string, string>> | undefined;
}
