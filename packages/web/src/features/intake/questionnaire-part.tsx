// SPDX-License-Identifier: Apache-2.0
import {
  QUESTIONNAIRE_SECTIONS,
  type Questionnaire,
  type QuestionnaireQuestion,
  TIERS,
  tierOfAnswers,
} from '@countersign/kernel';
import { NativeSelect, Radio, Textarea } from '@mantine/core';
import { choicesOf } from '../../shell/form/field.ts';
import type { DraftOfForm } from '../../shell/form/use-draft.ts';
import { Panel } from '../../shell/panel.tsx';
import { sentence } from '../../shell/sentence.ts';
import { TierMark } from '../../shell/tier.tsx';
import { answerName, answersOf } from './tier-form.ts';

interface QuestionnairePartProps {
  readonly questionnaire: Questionnaire;
  /** The tier in force. */
  readonly before: string | undefined;
  readonly draft: DraftOfForm;
  readonly problems: ReadonlyMap<string, string>;
}

/** The questions by section, and the tier that the kernel computes here of the answers so far. */
export function QuestionnairePart(props: QuestionnairePartProps) {
  const { questionnaire, draft, problems } = props;
  return (
    <>
      {QUESTIONNAIRE_SECTIONS.map((section) => (
        <Panel key={section} title={sentence(`${section} `).trim()}>
          <div className="stack">
            {questionnaire.questions
              .filter((question) => question.section === section)
              .map((question) => (
                <Question
                  key={question.id}
                  question={question}
                  value={String(draft.values[answerName(question.id)] ?? '')}
                  problem={problems.get(answerName(question.id))}
                  onChange={(answer) => draft.set(answerName(question.id), answer)}
                />
              ))}
          </div>
        </Panel>
      ))}
      <Computed {...props} />
    </>
  );
}

interface QuestionProps {
  readonly question: QuestionnaireQuestion;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (answer: string) => void;
}

function Question({ question, value, problem, onChange }: QuestionProps) {
  return (
    <Radio.Group
      label={question.text}
      name={question.id}
      value={value}
      onChange={onChange}
      error={problem}
    >
      <div className="tight" style={{ marginTop: 8 }}>
        {question.answers.map(({ id, text, points, tierMin }) => (
          <Radio
            key={id}
            value={id}
            label={text}
            description={
              tierMin === undefined ? `${points} points` : `${points} points; at least ${tierMin}`
            }
            error={problem !== undefined}
          />
        ))}
      </div>
    </Radio.Group>
  );
}

function Computed({ questionnaire, before, draft, problems }: QuestionnairePartProps) {
  const answers = answersOf(questionnaire, draft.values);
  const result = tierOfAnswers(questionnaire, answers);
  const left = questionnaire.questions.length - Object.keys(answers).length;
  return (
    <Panel title="The tier">
      <div className="stack">
        <p style={{ margin: 0 }} role="status">
          {result.ok ? (
            <>
              Computed: <TierMark tier={result.computed.computed} />, from {result.computed.points}{' '}
              points (high from {questionnaire.tiers.high}, medium from {questionnaire.tiers.medium}
              ).
            </>
          ) : (
            `${left} of ${questionnaire.questions.length} questions are not answered yet.`
          )}{' '}
          {before === undefined ? '' : `In force now: ${before}.`}
        </p>
        <NativeSelect
          label="Signed tier"
          description="Another than the computed one needs its reason."
          size="md"
          maw={360}
          data={[{ value: '', label: 'as computed' }, ...choicesOf(TIERS)]}
          value={String(draft.values.tier ?? '')}
          error={problems.get('tier')}
          onChange={({ currentTarget }) => draft.set('tier', currentTarget.value)}
        />
        <Textarea
          label="Reason for another tier"
          autosize
          minRows={2}
          value={String(draft.values.override ?? '')}
          error={problems.get('override')}
          onChange={({ currentTarget }) => draft.set('override', currentTarget.value)}
        />
      </div>
    </Panel>
  );
}
