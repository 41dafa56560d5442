// SPDX-License-Identifier: Apache-2.0
import { signInRoutes } from '@countersign/contract';
import { Burger, Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../api/client.ts';
import { useMe } from '../api/me.ts';
import { ColorSchemeButton } from './color-scheme-button.tsx';
import { Navigation } from './navigation.tsx';
import { useEscape } from './use-escape.ts';

/** What stands around every page of somebody who is signed in. */
export function Shell() {
  const me = useMe();
  const [isOpen, setIsOpen] = useState(false);
  useEscape(() => setIsOpen(false));
  return (
    <div className="frame">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <div className="top">
        <Firm name={me.firm} />
        <Burger
          size="sm"
          opened={isOpen}
          onClick={() => setIsOpen(!isOpen)}
          aria-label={isOpen ? 'close the menu' : 'open the menu'}
          aria-expanded={isOpen}
          aria-controls="side"
        />
      </div>
      <header className="side" id="side" data-open={isOpen}>
        <div className="side-inner">
          <Firm name={me.firm} />
          <Navigation onChosen={() => setIsOpen(false)} />
          <SignedInAs />
        </div>
      </header>
      <main className="main" id="page">
        <Outlet />
      </main>
    </div>
  );
}

function Firm({ name }: { readonly name: string }) {
  return (
    <Link to="/inbox" className="firm">
      <img src="/mark.svg" alt="" width={30} height={30} />
      <span>
        <strong>{name}</strong>
        <small>Countersign</small>
      </span>
    </Link>
  );
}

function SignedInAs() {
  const me = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const signOut = useMutation({
    mutationFn: () => call(signInRoutes.signOut, { body: {} }),
    onSuccess: async () => {
      client.clear();
      await navigate({ to: '/sign-in', search: {} });
    },
  });
  return (
    <div className="who">
      <div>
        <strong>{me.name}</strong>
      </div>
      <div className="muted wrap">
        {me.roles.length === 0 ? 'no role yet' : me.roles.join(', ')}
      </div>
      <div className="tools">
        <Button
          variant="subtle"
          size="compact-sm"
          ml={-8}
          loading={signOut.isPending}
          onClick={() => signOut.mutate()}
        >
          Sign out
        </Button>
        <ColorSchemeButton />
      </div>
    </div>
  );
}
