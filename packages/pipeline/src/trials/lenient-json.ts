// SPDX-License-Identifier: Apache-2.0

/** A string of JSON, or a bare word that Python's `json.dump` writes for a float that is no number. */
const STRING_OR_WORD = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** Turns NaN and infinities of Python's JSON into null; strings stay as they are. */
export function withoutNaN(text: string): string {
  return text.replace(STRING_OR_WORD, (found) => (found.startsWith('"') ? found : 'null'));
}
