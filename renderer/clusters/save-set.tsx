import { type FormEvent, useId, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { toPlainError } from '../../main/model/app-error.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import { setKey } from '../../main/model/set-limits.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { clustersText } from './text.ts';
import './save-set.css';

/** Asks for the name of a set of these clusters. */
export function SaveSet({
  clusters,
  isOpen,
  onClose,
}: {
  readonly clusters: readonly ClusterId[];
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  return (
    <ModalOverlay
      className="veil"
      isOpen={isOpen}
      isDismissable
      onOpenChange={(stays) => {
        if (!stays) onClose();
      }}
    >
      <Modal className="modal">
        <Dialog>
          <Heading slot="title">{clustersText.sets.title(clusters.length)}</Heading>
          <NameForm clusters={clusters} onClose={onClose} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function NameForm({
  clusters,
  onClose,
}: {
  readonly clusters: readonly ClusterId[];
  readonly onClose: () => void;
}) {
  const { saveSet } = useActions();
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string>();
  const same = useAgent(({ sets }) => sets.find((set) => setKey(set.name) === setKey(name)));
  const id = useId();
  const save = (ids: readonly ClusterId[]) => {
    saveSet({ name: name.trim(), clusters: [...ids] }).then(onClose, (error: unknown) => {
      const { message, hint } = toPlainError(error);
      setProblem([message, hint].filter(Boolean).join(' '));
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(clusters);
  };
  return (
    <form className="save-set" onSubmit={submit}>
      <label htmlFor={id}>{clustersText.sets.name}</label>
      <input
        id={id}
        // biome-ignore lint/a11y/noAutofocus: it opens to be typed into.
        autoFocus
        className="field"
        type="text"
        required
        maxLength={60}
        autoComplete="off"
        value={name}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-problem`}
        onChange={(event) => {
          setName(event.target.value);
          setProblem(undefined);
        }}
      />
      <p id={`${id}-problem`} role="alert">
        {problem}
      </p>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {clustersText.sets.cancel}
        </button>
        {same !== undefined && (
          <button
            type="button"
            className="button"
            onClick={() => save([...new Set([...same.clusters, ...clusters])])}
          >
            {clustersText.sets.add}
          </button>
        )}
        <button type="submit" className="button primary" disabled={name.trim() === ''}>
          {same === undefined ? clustersText.sets.save : clustersText.sets.replace}
        </button>
      </div>
    </form>
  );
}
