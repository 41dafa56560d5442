-- SPDX-License-Identifier: Apache-2.0
-- Tables of better-auth 1.7.5 and its API key plugin, as `compileMigrations` of better-auth/db/migration prints them
-- for identity/auth.ts. They say who calls; they give nobody a role.

create table "auth_user" ("id" text not null primary key, "name" text not null, "email" text not null unique, "emailVerified" boolean not null, "image" text, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz default CURRENT_TIMESTAMP not null);

create table "auth_session" ("id" text not null primary key, "expiresAt" timestamptz not null, "token" text not null unique, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz not null, "ipAddress" text, "userAgent" text, "userId" text not null references "auth_user" ("id") on delete cascade);

create table "auth_account" ("id" text not null primary key, "accountId" text not null, "providerId" text not null, "userId" text not null references "auth_user" ("id") on delete cascade, "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" timestamptz, "refreshTokenExpiresAt" timestamptz, "scope" text, "password" text, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz not null);

create table "auth_verification" ("id" text not null primary key, "identifier" text not null, "value" text not null, "expiresAt" timestamptz not null, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz default CURRENT_TIMESTAMP not null);

create table "auth_api_key" ("id" text not null primary key, "configId" text not null, "name" text, "start" text, "referenceId" text not null, "prefix" text, "key" text not null, "refillInterval" integer, "refillAmount" integer, "lastRefillAt" timestamptz, "enabled" boolean, "rateLimitEnabled" boolean, "rateLimitTimeWindow" integer, "rateLimitMax" integer, "requestCount" integer, "remaining" integer, "lastRequest" timestamptz, "expiresAt" timestamptz, "createdAt" timestamptz not null, "updatedAt" timestamptz not null, "permissions" text, "metadata" text);

create index "auth_session_userId_idx" on "auth_session" ("userId");
create index "auth_account_userId_idx" on "auth_account" ("userId");
create index "auth_verification_identifier_idx" on "auth_verification" ("identifier");
create index "auth_api_key_configId_idx" on "auth_api_key" ("configId");
create index "auth_api_key_referenceId_idx" on "auth_api_key" ("referenceId");
create index "auth_api_key_key_idx" on "auth_api_key" ("key");

COMMENT ON TABLE auth_user IS 'better-auth: one a signed-in person; account.auth_user names it.';
COMMENT ON TABLE auth_session IS 'better-auth: open sessions. A row inserted here lets its holder call, and sign nothing.';
COMMENT ON TABLE auth_account IS 'better-auth: password hashes (scrypt).';
COMMENT ON TABLE auth_verification IS 'better-auth: short-lived tokens; unused by this release.';
COMMENT ON TABLE auth_api_key IS 'better-auth: API keys, hashed.';
