// SPDX-License-Identifier: Apache-2.0

/** A text of somebody else's program in which no secret may stand. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((clean, secret) => (secret === '' ? clean : clean.replaceAll(secret, '***')), text);
}
