// SPDX-License-Identifier: Apache-2.0

/** A record type as prose writes it: `model-artifact` is an identifier, `model artefact` its name. */
export function typeWords(type: string): string {
  return type.replaceAll('-', ' ').replaceAll('artifact', 'artefact');
}
