// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import { Panel } from '../../shell/panel.tsx';
import type { GraphSearch } from './graph-search.ts';
import { nameOfShared, type SharedRisk } from './shown-graph.ts';

interface SharedPanelProps {
  readonly shared: readonly SharedRisk[];
  readonly search: GraphSearch;
}

/** If a shared source or assumption fails, it fails for all of them at once. Each narrows the picture to its models. */
export function SharedPanel({ shared, search }: SharedPanelProps) {
  return (
    <Panel title="Risk in aggregate">
      {shared.length === 0 ? (
        <div className="muted">
          No source or assumption is named by two models. Name them in the inventory’s{' '}
          <code>sources</code> and <code>assumptions</code> columns.
        </div>
      ) : (
        <ul className="rows keys">
          {shared.map((one) => (
            <li key={nameOfShared(one)}>
              <SharedLine one={one} search={search} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function SharedLine({ one, search }: { readonly one: SharedRisk; readonly search: GraphSearch }) {
  const { of, tag, models, tiers, inUse, owners } = one;
  const name = nameOfShared(one);
  const isChosen = search.shared === name;
  return (
    <>
      <div className="row" style={{ justifyContent: 'space-between', flexWrap: 'nowrap' }}>
        <Link
          to="/inventory/graph"
          search={{ ...search, shared: isChosen ? undefined : name }}
          aria-current={isChosen ? 'true' : undefined}
          className="wrap chosen"
          resetScroll={false}
        >
          {tag}
        </Link>
        <strong>{models.length}</strong>
      </div>
      <div className="small muted">
        {of}; {tiers.high} high, {tiers.medium} medium, {tiers.low} low
        {tiers.untiered === 0 ? '' : `, ${tiers.untiered} untiered`}; {inUse} in use,{' '}
        {owners.length} owner{owners.length === 1 ? '' : 's'}
      </div>
    </>
  );
}
