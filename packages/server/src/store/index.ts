// SPDX-License-Identifier: Apache-2.0
export { readCatalogue } from './catalogue.ts';
export { type DataKeyring, openDataKeys } from './data-keys.ts';
export {
  connectClient,
  type DatabaseHandle,
  type DatabaseOptions,
  openDatabase,
} from './database.ts';
export type { Database, DecisionRow, NewDecisionRow, RecordRow } from './database-types.ts';
export {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from './embedded/embedded-postgres.ts';
export { type EmbeddedDatabase, openEmbeddedDatabase } from './embedded-database.ts';
export { ensureDatabase, type PreparedDatabase, prepareDatabase } from './prepare-database.ts';
export { getPublished, openFilePublishedStore, type PublishedStore } from './published-store.ts';
