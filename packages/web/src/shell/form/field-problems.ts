// SPDX-License-Identifier: Apache-2.0
import { ApiError } from '../../api/api-error.ts';

/** A field of a form, and under which other names the server may complain of it. */
export interface NamedField {
  readonly name: string;
  /** Places in the act or in the record that are this field's: `content.acceptance.expires`. */
  readonly places?: readonly string[] | undefined;
}

/** What the server says of each field, in its words; an error about none of them is left to the whole form. */
export function fieldProblems(
  error: unknown,
  fields: readonly NamedField[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!(error instanceof ApiError)) return found;
  const { problems = [], field } = error.problem;
  const told = [
    ...problems.map(({ place, message }) => ({ place, message })),
    ...(field === undefined ? [] : [{ place: field, message: plainMessage(error.message) }]),
  ];
  for (const { place, message } of told) {
    const named = fields.find((one) => isAbout(one, place));
    if (named !== undefined && !found.has(named.name)) found.set(named.name, asSentence(message));
  }
  return found;
}

function isAbout({ name, places = [] }: NamedField, place: string): boolean {
  return [`body.${name}`, `content.${name}`, ...places].some(
    (one) => place === one || place.startsWith(`${one}.`) || place.startsWith(`${one}[`),
  );
}

/** As it stands under a field: a sentence, in which nothing is set as code. */
function asSentence(message: string): string {
  const plain = message.replaceAll('`', '');
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** Without the place or the record type that the message begins with: it stands beside the field. */
function plainMessage(message: string): string {
  return message.replace(/^`[^`]+`: /, '').replace(/^[a-z-]+ refused: /, '');
}
