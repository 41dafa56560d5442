// SPDX-License-Identifier: Apache-2.0

/** One input, or one level of an input that is one-hot encoded. */
export interface Term {
  readonly input: string;
  readonly level: string | null;
}

/** A sum of terms with their coefficients, whatever constant is added to it. */
export type LinearForm = ReadonlyMap<string, { readonly term: Term; readonly weight: number }>;

/**
 * What a tensor of one row holds: constants, or a function of linear forms of the inputs. `identity`: the forms themselves,
 * `logit`: each form's logistic. Anything else is opaque and says why.
 */
export type GraphValue =
  | {
      readonly kind: 'constant';
      readonly values: readonly number[];
      readonly dims: readonly number[];
    }
  | {
      readonly kind: 'linear';
      readonly forms: readonly LinearForm[];
      readonly link: 'identity' | 'logit';
    }
  | { readonly kind: 'opaque'; readonly why: string };

export type LinearValue = Extract<GraphValue, { kind: 'linear' }>;

export function opaque(why: string): GraphValue {
  return { kind: 'opaque', why };
}

export function linear(forms: readonly LinearForm[]): LinearValue {
  return { kind: 'linear', forms, link: 'identity' };
}

export function formOf(term: Term): LinearForm {
  return new Map([[nameOf(term), { term, weight: 1 }]]);
}

export function scaled(form: LinearForm, by: number): LinearForm {
  const entries = [...form].map(
    ([name, { term, weight }]) => [name, { term, weight: weight * by }] as const,
  );
  return new Map(entries);
}

export function plus(a: LinearForm, b: LinearForm): LinearForm {
  const sum = new Map(a);
  for (const [name, { term, weight }] of b)
    sum.set(name, { term, weight: (sum.get(name)?.weight ?? 0) + weight });
  return sum;
}

/** Σ weights[i] · forms[i]. */
export function combined(forms: readonly LinearForm[], weights: readonly number[]): LinearForm {
  return forms.reduce<LinearForm>(
    (sum, form, index) => plus(sum, scaled(form, weights[index] ?? 0)),
    new Map(),
  );
}

function nameOf({ input, level }: Term): string {
  return JSON.stringify([input, level]);
}
