// SPDX-License-Identifier: Apache-2.0
import { Page } from '../../shell/page.tsx';
import { EnrolmentsPanel } from './enrolments-panel.tsx';
import { NewKeyPanel } from './new-key-panel.tsx';
import { OwnKeysPanel } from './own-keys-panel.tsx';
import { ProposePanel } from './propose-panel.tsx';

export function KeysPage() {
  return (
    <Page
      title="Signing keys"
      lede="What you sign with. A key counts only once it is enrolled: two administrators sign, its holder accepts with it, and somebody who holds the role confirms."
    >
      <EnrolmentsPanel />
      <OwnKeysPanel />
      <NewKeyPanel />
      <ProposePanel />
    </Page>
  );
}
