// SPDX-License-Identifier: Apache-2.0
import { useMe } from '../../api/me.ts';
import { Facts } from '../../shell/facts.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { NoticesPanel } from './notices-panel.tsx';
import { PasskeysPanel } from './passkeys-panel.tsx';
import { PasswordPanel } from './password-panel.tsx';
import { RootPanel } from './root-panel.tsx';
import { SessionsPanel } from './sessions-panel.tsx';
import { TokensPanel } from './tokens-panel.tsx';

export function AccountPage() {
  const me = useMe();
  return (
    <Page title="Your account" lede="How you sign in. What you may sign follows from your keys.">
      <Panel title="Who you are here">
        <Facts
          facts={[
            ['Printed name', me.name],
            ['Account', me.account],
            ['E-mail address', me.email],
            ['Roles', me.roles.join(', ') || 'none: no enrolled key of yours is in force'],
          ]}
        />
      </Panel>
      <SessionsPanel />
      <NoticesPanel />
      <PasskeysPanel />
      <PasswordPanel />
      <TokensPanel />
      <RootPanel />
    </Page>
  );
}
