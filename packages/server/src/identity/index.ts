// SPDX-License-Identifier: Apache-2.0
export {
  type AccessAnswer,
  type AccessPolicies,
  type AccessQuestion,
  loadAccessPolicies,
  type Principal,
} from './access.ts';
export { CLIENT_ADDRESS_HEADER, createAuth, trustedOrigins } from './auth.ts';
export {
  checkFoundingPlan,
  type Founded,
  type FoundedPerson,
  type FoundingPerson,
  type FoundingPlan,
  found,
} from './found.ts';
export {
  type Account,
  type CreatedAccount,
  createIdentity,
  type Identity,
  type NewAccount,
  signInDomain,
} from './identity.ts';
export {
  createKeyFile,
  type KeyFile,
  openSigner,
  publicKeyOfFile,
  readKeyFile,
  writeKeyFile,
} from './key-file.ts';
export { keysOf, rolesOf } from './roles-of.ts';
export {
  createServiceKeys,
  installationSecret,
  readServiceKey,
  serviceKeyPath,
} from './service-keys.ts';
