// SPDX-License-Identifier: Apache-2.0

export const DESIGN_FORMULAS = {
  constraint_violations:
    'rows, coefficients, columns or parameters that break a declared constraint; rows by individual conditional expectation, Goldstein et al. 2015',
} as const;
