// SPDX-License-Identifier: Apache-2.0
export { type AppOptions, buildApp } from './app.ts';
export { errorDocument, SERVER_ERRORS } from './error-catalogue.ts';
export { openApiDocument } from './open-api.ts';
