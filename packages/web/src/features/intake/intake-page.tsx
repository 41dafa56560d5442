// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import { LinkButton } from '../../shell/link-button.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';

/** Where work on a model begins: before it starts, and before it changes. */
export function IntakePage() {
  return (
    <Page
      title="Intake"
      lede="Every model, use and change is proposed and signed before work on it starts."
    >
      <Panel title="A model, or another use of one">
        <p style={{ marginTop: 0 }}>
          The owner signs the inventory entry: what it is, for what, whose. A further use is a line
          in the entry in force.
        </p>
        <div className="row">
          <LinkButton to="/intake/model">Propose a model or a use…</LinkButton>
        </div>
      </Panel>
      <Panel title="The tier of a use">
        <p style={{ marginTop: 0 }}>
          Model risk answers the firm’s questionnaire and signs the tier that it computes, or
          another with the reason.
        </p>
        <div className="row">
          <LinkButton to="/intake/tier" variant="default">
            Tier a use…
          </LinkButton>
        </div>
      </Panel>
      <Panel title="What people write about it">
        <p style={{ marginTop: 0 }}>
          Intended use, datasheet, rationale, limits, monitoring plan: forms that begin with what
          records say.
        </p>
        <div className="row">
          <LinkButton to="/evidence" variant="default">
            Write a paper…
          </LinkButton>
        </div>
      </Panel>
      <Panel title="A change">
        <p style={{ marginTop: 0 }}>
          A version goes to staging or production by a change request, with its impact and the way
          back. <Link to="/changes">See those that are open</Link>
        </p>
        <div className="row">
          <LinkButton to="/changes/new" variant="default">
            Propose a change…
          </LinkButton>
        </div>
      </Panel>
    </Page>
  );
}
