// SPDX-License-Identifier: Apache-2.0
import type { BuiltDesign, BuiltFacts, BuiltFeatures, BuiltSearch } from '@countersign/kernel';
import { Link } from '@tanstack/react-router';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { CourseChart } from './course-chart.tsx';

const TRIALS_SHOWN = 20;

/** How the version was built, as verified records tell it; a panel for each thing that is recorded. */
export function BuildPanels({ built }: { readonly built: BuiltFacts | undefined }) {
  if (built === undefined) return null;
  return (
    <>
      {built.features === undefined ? null : <FeaturesPanel features={built.features} />}
      {built.design === undefined ? null : <DesignPanel design={built.design} />}
      {built.searches.map((search) => (
        <SearchPanel key={`${search.step} ${search.source}`} search={search} />
      ))}
    </>
  );
}

function RecordLink({ digest }: { readonly digest: string }) {
  return (
    <Link to="/records/$digest" params={{ digest }} className="mono">
      {digest.slice(0, 8)}
    </Link>
  );
}

function FeaturesPanel({ features }: { readonly features: BuiltFeatures }) {
  const { inputs, lacking, steps, record } = features;
  return (
    <Panel title="Features">
      <div className="stack">
        <div className="row">
          <Mark
            tone={lacking.length === 0 ? 'pass' : 'fail'}
            text={lacking.length === 0 ? 'catalogue complete' : 'catalogue incomplete'}
          />
          <RecordLink digest={record} />
        </div>
        {lacking.length === 0 ? null : (
          <ul>
            {lacking.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
        <table className="grid folds">
          <caption>Inputs and what they tell of protected attributes</caption>
          <thead>
            <tr>
              <th scope="col">Input</th>
              <th scope="col">Definition</th>
              <th scope="col">Comes from</th>
              <th scope="col">Proxy screen</th>
            </tr>
          </thead>
          <tbody>
            {inputs.map(({ input, definition, from, screen }) => (
              <tr key={input}>
                <td className="wrap">{input}</td>
                <td data-label="Definition" className="wrap">
                  {definition}
                </td>
                <td data-label="Comes from" className="wrap">
                  {from.join(', ')}
                </td>
                <td data-label="Proxy screen" className="wrap">
                  {screen.map((one) => `${one.attribute} ${one.auc} (${one.verdict})`).join('; ')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {steps.length === 0 ? null : <StepsTable steps={steps} />}
      </div>
    </Panel>
  );
}

function StepsTable({ steps }: { readonly steps: BuiltFeatures['steps'] }) {
  return (
    <table className="grid folds">
      <caption>What each step did between tables</caption>
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col">From → to</th>
          <th scope="col">Rows</th>
          <th scope="col">Added</th>
          <th scope="col">Dropped</th>
          <th scope="col">Imputed</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((one) => (
          <tr key={`${one.step} ${one.input} ${one.output}`}>
            <td>{one.step}</td>
            <td data-label="From → to" className="wrap">
              {one.input} → {one.output}
            </td>
            <td data-label="Rows">
              {one.before} → {one.after}
              {one.key === '' ? '' : `, ${one.filtered} filtered by ${one.key}`}
            </td>
            <td data-label="Added" className="wrap">
              {one.added.join(', ')}
            </td>
            <td data-label="Dropped" className="wrap">
              {one.dropped.join(', ')}
            </td>
            <td data-label="Imputed" className="wrap">
              {one.imputed.join('; ')}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const STATES: Readonly<Record<string, Tone>> = {
  held: 'pass',
  violated: 'fail',
  'not checkable': 'wait',
};

function DesignPanel({ design }: { readonly design: BuiltDesign }) {
  return (
    <Panel title="Design">
      <table className="grid folds">
        <caption>
          Constraints held against the artefact, <RecordLink digest={design.record} />
        </caption>
        <thead>
          <tr>
            <th scope="col">Constraint</th>
            <th scope="col">State</th>
            <th scope="col">Found</th>
          </tr>
        </thead>
        <tbody>
          {design.constraints.map(({ what, why, state, found }) => (
            <tr key={`${what} ${found}`}>
              <td className="wrap" title={why}>
                {what}
              </td>
              <td data-label="State">
                <Mark tone={STATES[state] ?? 'none'} text={state} />
              </td>
              <td data-label="Found" className="wrap">
                {found}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function SearchPanel({ search }: { readonly search: BuiltSearch }) {
  const { step, source, count, taken, warnings, course, trials, score } = search;
  return (
    <Panel title={`Search of step ${step}`}>
      <div className="stack">
        <div>
          {count} trials as written by {source}: {taken}. <RecordLink digest={search.record} />
        </div>
        {warnings.map((text) => (
          <Mark key={text} tone="wait" text={text} />
        ))}
        <CourseChart course={course} trials={trials} score={score} />
        <table className="grid folds">
          <caption>
            {Math.min(trials.length, TRIALS_SHOWN)} of {count} trials
          </caption>
          <thead>
            <tr>
              <th scope="col">Trial</th>
              <th scope="col">Parameters</th>
              <th scope="col" className="number">
                {score === '' ? 'Score' : score}
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {trials.slice(0, TRIALS_SHOWN).map((trial) => (
              <tr key={trial.number}>
                <td>{trial.number}</td>
                <td data-label="Parameters" className="wrap">
                  {trial.params}
                </td>
                <td data-label="Score" className="number">
                  {trial.score}
                </td>
                <td data-label="State">{trial.state}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
