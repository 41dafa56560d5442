// SPDX-License-Identifier: Apache-2.0
import { signInRoutes } from '@countersign/contract';
import { Button, Divider, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { signInMethodsQuery } from '../../api/sign-in.ts';
import { signInByPasskey } from '../../api/sign-in-passkey.ts';
import { Page } from '../../shell/page.tsx';
import { Problem } from '../../shell/states.tsx';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { data: methods } = useQuery(signInMethodsQuery);
  const { next } = route.useSearch();
  return (
    <div className="doorstep">
      <main>
        <img src="/mark.svg" alt="" width={44} height={44} style={{ marginBottom: 18 }} />
        <Page title={methods === undefined ? 'Sign in' : `Sign in to ${methods.firm}`}>
          <Ways next={next ?? '/inbox'} oidc={methods?.oidc} />
          <p className="muted small">
            Signing in lets you read and ask. Nothing is approved by it: each approval is signed on
            its own, with a key that is enrolled for it.
          </p>
        </Page>
      </main>
    </div>
  );
}

interface WaysProps {
  readonly next: string;
  readonly oidc: { readonly name: string; readonly start: string } | undefined;
}

function Ways({ next, oidc }: WaysProps) {
  const client = useQueryClient();
  const router = useRouter();
  const enter = useMutation({
    mutationFn: (way: () => Promise<unknown>) => way(),
    onSuccess: async () => {
      client.clear();
      router.history.push(next);
    },
  });
  return (
    <div className="stack">
      {enter.error === null ? null : <Problem error={enter.error} />}
      <PasswordForm isPending={enter.isPending} onSubmit={(way) => enter.mutate(way)} />
      <Divider label="or" />
      <Button
        variant="default"
        fullWidth
        disabled={enter.isPending}
        onClick={() => enter.mutate(signInByPasskey)}
      >
        Sign in with a passkey
      </Button>
      {oidc === undefined ? null : (
        <Button
          variant="default"
          fullWidth
          component="a"
          href={`${oidc.start}?${new URLSearchParams({ callbackURL: next }).toString()}`}
        >
          Sign in with {oidc.name}
        </Button>
      )}
    </div>
  );
}

interface PasswordFormProps {
  readonly isPending: boolean;
  readonly onSubmit: (way: () => Promise<unknown>) => void;
}

function PasswordForm({ isPending, onSubmit }: PasswordFormProps) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  return (
    <form
      className="stack"
      style={{ gap: 14 }}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(() => call(signInRoutes.signIn, { body: { email: email.trim(), password } }));
      }}
    >
      <TextInput
        label="E-mail address"
        type="email"
        name="email"
        autoComplete="username webauthn"
        required
        withAsterisk={false}
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': 'show the password' }}
      />
      <Button type="submit" loading={isPending}>
        Sign in
      </Button>
    </form>
  );
}
