import { useMemo, useState } from 'react';
import { Heading } from 'react-aria-components';
import { clustersMeant, type Link } from '../../main/api/link.ts';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import { setKey } from '../../main/model/set-limits.ts';
import { type OpeningLine, openingLines } from '../agent/opening.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { setsText } from '../sets/text.ts';
import { Answers, Lines, Refused } from './answers.tsx';
import { linksText } from './text.ts';

const text = setsText.proposal;

/** Asks whether to save a set that a link proposes. */
export function SetProposal({
  link,
  onClose,
}: {
  readonly link: Extract<Link, { kind: 'set' }>;
  readonly onClose: () => void;
}) {
  const { name, of } = link;
  const { saveSet } = useActions();
  const clusters = useAgent((agent) => agent.clusters);
  const same = useAgent(({ sets }) => sets.find((set) => setKey(set.name) === setKey(name)));
  const [problem, setProblem] = useState<string>();
  const lines = useMemo((): readonly OpeningLine[] | PlainError => {
    try {
      // One that cannot be connected now is saved too; only an unknown one is left out.
      return openingLines(clustersMeant(of, clusters), noFacts).map((line) =>
        line.cluster === undefined ? line : { ...line, why: undefined },
      );
    } catch (error) {
      return toPlainError(error);
    }
  }, [of, clusters]);
  if ('code' in lines) return <Refused error={lines} onClose={onClose} />;
  const ids = lines.flatMap(({ cluster }) => cluster?.id ?? []);
  const save = () => {
    saveSet({ name, clusters: ids }).then(onClose, (error: unknown) => {
      const { message, hint } = toPlainError(error);
      setProblem([message, hint].filter(Boolean).join(' '));
    });
  };
  const replaces = same !== undefined && same.organisation !== true;
  return (
    <>
      <Heading slot="title">{ids.length === 0 ? text.nothing : text.title(name)}</Heading>
      <p>{text.note}</p>
      <Lines label={text.list} lines={lines} />
      {same !== undefined && ids.length > 0 && <p>{replaces ? text.replaces : text.hides}</p>}
      {problem !== undefined && <p role="alert">{problem}</p>}
      <Answers no={ids.length === 0 ? linksText.close : linksText.no} onNo={onClose}>
        {ids.length > 0 && (
          <button type="button" className="button primary" onClick={save}>
            {replaces ? text.replace : text.save(ids.length)}
          </button>
        )}
      </Answers>
    </>
  );
}

const noFacts = { open: new Set<never>(), policies: new Map<string, never>() };
