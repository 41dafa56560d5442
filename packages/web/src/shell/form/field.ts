// SPDX-License-Identifier: Apache-2.0
import type { NamedField } from './field-problems.ts';
import type { Values } from './kept-draft.ts';

interface Common extends NamedField {
  readonly label: string;
  readonly description?: string;
  /** Said in the label; whether it may stay empty is the server's to judge. */
  readonly isOptional?: boolean;
  /** Asked only then; always unless given. */
  readonly isAsked?: (values: Values) => boolean;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** What a form asks for. Every value is text, but that of a `check`. */
export type Field =
  | (Common & { readonly kind: 'line' | 'text' | 'day' | 'person' })
  /** One value a line. */
  | (Common & { readonly kind: 'lines' })
  | (Common & { readonly kind: 'choice'; readonly choices: readonly Choice[] })
  | (Common & { readonly kind: 'check' })
  /** Digests of records of a model, one a line. */
  | (Common & { readonly kind: 'records'; readonly model: string });

export function choicesOf(values: readonly string[]): readonly Choice[] {
  return values.map((value) => ({ value, label: value.replaceAll('-', ' ') }));
}

/** The values of a field of several lines. */
export function linesOf(value: string | boolean | undefined): readonly string[] {
  return String(value ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Text that was given, or undefined for a field that was left empty. */
export function given(value: string | boolean | undefined): string | undefined {
  const text = String(value ?? '').trim();
  return text === '' ? undefined : text;
}
