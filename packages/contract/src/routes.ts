// SPDX-License-Identifier: Apache-2.0
import { asOfRoutes } from './as-of.ts';
import { blobRoutes } from './blobs.ts';
import { decisionsRoutes } from './decisions.ts';
import { discussionRoutes } from './discussion.ts';
import { documentsRoutes } from './documents.ts';
import { enforcementRoutes } from './enforcement.ts';
import { examRoutes } from './exam.ts';
import { reviewsRoutes } from './findings.ts';
import { governanceRoutes } from './governance.ts';
import { identityRoutes } from './identity.ts';
import { jobsRoutes } from './jobs.ts';
import { logRoutes } from './log.ts';
import { noticesRoutes } from './notices.ts';
import { operationsRoutes } from './operations.ts';
import { packRoutes } from './packs.ts';
import { policyRoutes } from './policy.ts';
import { recordRoutes } from './records.ts';
import { registersRoutes } from './registers.ts';
import { registryRoutes } from './registry.ts';
import { retentionRoutes } from './retention.ts';
import type { Route } from './route.ts';
import { sessionRoutes } from './sessions.ts';
import { signInRoutes } from './sign-in.ts';
import { signingRoutes } from './signing.ts';
import { statementsRoutes } from './statements.ts';
import { tokenRoutes } from './tokens.ts';

/** Every route of the API, in the order of the document. */
export const ROUTES: readonly Route[] = [
  signInRoutes,
  sessionRoutes,
  tokenRoutes,
  identityRoutes,
  recordRoutes,
  blobRoutes,
  signingRoutes,
  statementsRoutes,
  logRoutes,
  enforcementRoutes,
  registryRoutes,
  asOfRoutes,
  governanceRoutes,
  discussionRoutes,
  packRoutes,
  policyRoutes,
  reviewsRoutes,
  registersRoutes,
  noticesRoutes,
  jobsRoutes,
  decisionsRoutes,
  documentsRoutes,
  examRoutes,
  retentionRoutes,
  operationsRoutes,
].flatMap((area) => Object.values<Route>(area));
