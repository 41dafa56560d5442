-- SPDX-License-Identifier: Apache-2.0
-- Passkeys, the firm's OpenID Connect provider, sessions with their age and origin, lock-out after failed passwords and
-- locked accounts. All of it says who calls; none of it gives a duty that signs.

ALTER TABLE auth_session
  ADD COLUMN "signedInBy" text CHECK ("signedInBy" IN ('password', 'passkey', 'oidc')),
  ADD COLUMN "lastUsedAt" timestamptz,
  ADD COLUMN "oidcIssuer" text,
  ADD COLUMN "oidcGroups" text;
COMMENT ON COLUMN auth_session."oidcGroups" IS 'JSON array: groups of the ID token at sign-in. The signed identity-provider document says which access role each gives.';

-- As the passkey plugin of better-auth 1.7.5 prints it, but for `counter`: WebAuthn counts in 32 bits without sign,
-- which `integer` cannot hold and `bigint` reaches the driver as text.
CREATE TABLE auth_passkey ("id" text not null primary key, "name" text, "publicKey" text not null, "userId" text not null references "auth_user" ("id") on delete cascade, "credentialID" text not null unique, "counter" double precision not null, "deviceType" text not null, "backedUp" boolean not null, "transports" text, "createdAt" timestamptz, "aaguid" text);
CREATE INDEX "auth_passkey_userId_idx" ON auth_passkey ("userId");
COMMENT ON TABLE auth_passkey IS 'better-auth: public keys of passkeys for signing in. None of them may be enrolled as a signing key.';

ALTER TABLE account
  ADD COLUMN locked_at timestamptz(3),
  ADD COLUMN locked_by text,
  ADD COLUMN lock_reason text;

CREATE TABLE password_failure (
  attempted text PRIMARY KEY,
  failures integer NOT NULL,
  since timestamptz(3) NOT NULL,
  strikes integer NOT NULL,
  locked_until timestamptz(3)
);
COMMENT ON TABLE password_failure IS 'Failed passwords of each account, counted before the password is looked at; rows `unknown-N` stand for addresses that no account has. Deleting rows shortens a lock-out and gives no access.';

CREATE TABLE external_identity (
  id uuid PRIMARY KEY,
  workspace text NOT NULL DEFAULT 'main',
  issuer text NOT NULL,
  subject text NOT NULL,
  auth_user text NOT NULL REFERENCES auth_user (id) ON DELETE CASCADE,
  linked_by text NOT NULL,
  linked_at timestamptz(3) NOT NULL,
  UNIQUE (workspace, issuer, subject)
);
COMMENT ON TABLE external_identity IS 'Which identity at the firm''s provider signs in as which account: by issuer and subject, never by e-mail address.';

CREATE TABLE oidc_sign_in (
  state_digest text PRIMARY KEY,
  browser_digest text NOT NULL,
  nonce text NOT NULL,
  verifier text NOT NULL,
  return_to text NOT NULL,
  link_user text REFERENCES auth_user (id) ON DELETE CASCADE,
  expires_at timestamptz(3) NOT NULL
);
COMMENT ON TABLE oidc_sign_in IS 'Sign-ins that are under way at the provider; each row is taken once and lives ten minutes.';
