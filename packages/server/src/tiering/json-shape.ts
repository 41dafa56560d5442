// SPDX-License-Identifier: Apache-2.0
// The kernel's readers of outside JSON, so that errors of policies and of records name their place alike.
export {
  asArray,
  asBoolean,
  asCount,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  asString,
  type JsonObject,
  onlyKeys,
  optional,
} from '../../../kernel/src/records/shape.ts';
