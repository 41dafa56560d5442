// SPDX-License-Identifier: Apache-2.0
import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { z } from 'zod';

/**
 * Opens a session for a user whom the firm's provider has identified. Callable by this server alone, never by a
 * request; token, cookie and hooks are those of every other sign-in.
 */
export const openSession = {
  id: 'countersign-open-session',
  endpoints: {
    openOidcSession: createAuthEndpoint.serverOnly(
      {
        method: 'POST',
        requireHeaders: true,
        body: z.strictObject({
          userId: z.string(),
          issuer: z.string(),
          groups: z.array(z.string()),
        }),
      },
      async (context) => {
        const { userId, issuer, groups } = context.body;
        const { internalAdapter } = context.context;
        const user = await internalAdapter.findUserById(userId);
        if (user === null) throw new APIError('UNAUTHORIZED', { code: 'USER_UNKNOWN' });
        const session = await internalAdapter.createSession(userId, false, {
          signedInBy: 'oidc',
          oidcIssuer: issuer,
          oidcGroups: JSON.stringify(groups),
        });
        await setSessionCookie(context, { session, user });
        return context.json({ id: session.id });
      },
    ),
  },
} satisfies BetterAuthPlugin;
