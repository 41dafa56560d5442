// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';

/** Interfaces of readonly members are JSON, which TypeScript cannot see. */
export function json(value: object): Json {
  return value as Json;
}
