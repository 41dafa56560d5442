// SPDX-License-Identifier: Apache-2.0
export {
  type AccessAnswer,
  type AccessPolicies,
  type AccessQuestion,
  loadAccessPolicies,
  type Principal,
} from './access.ts';
export { lockAccount, unknownAccount, unlockAccount } from './account-lock.ts';
export {
  CLIENT_ADDRESS_HEADER,
  createAuth,
  isHttps,
  pagesOrigin,
  SESSION_FRESH_SECONDS,
  trustedOrigins,
} from './auth.ts';
export type { Caller, Via } from './caller.ts';
export {
  accountOfIdentity,
  type LinkedIdentity,
  linkIdentity,
  listIdentities,
  type ProviderIdentity,
  unlinkIdentity,
} from './external-identities.ts';
export {
  checkFoundingPlan,
  type Founded,
  type FoundedPerson,
  type FoundingPerson,
  type FoundingPlan,
  found,
} from './found.ts';
export { groupRoles, type SessionGroups } from './group-roles.ts';
export {
  type Account,
  type CreatedAccount,
  createIdentity,
  type Identity,
  type NewAccount,
  signInDomain,
} from './identity.ts';
export { readProviderConfig } from './identity-provider-file.ts';
export {
  createKeyFile,
  type KeyFile,
  openSigner,
  publicKeyOfFile,
  readKeyFile,
  writeKeyFile,
} from './key-file.ts';
export { attemptedKey, claimAttempt, forgetFailures } from './lock-out.ts';
export { modelLimits } from './model-limits.ts';
export { createOidcSignIn, OIDC_PATH, OIDC_SECONDS, type OidcSignIn } from './oidc-sign-in.ts';
export { keysOf, rolesOf } from './roles-of.ts';
export {
  createNextServiceKey,
  createServiceKeys,
  installationSecret,
  nextServiceKeyPath,
  readNextServiceKey,
  readServiceKey,
  serviceKeyPath,
} from './service-keys.ts';
export { adoptServiceKeys, openServiceSigners, type ServiceSigners } from './service-signers.ts';
export { endSession, endSessions, listSessions, type OpenSession } from './sessions.ts';
export { isSignInCredential, isSigningCredential } from './sign-in-credentials.ts';
export { actionsOf, createToken, listTokens, revokeToken, type Token } from './tokens.ts';
