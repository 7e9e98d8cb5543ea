import { Plus, X } from 'lucide-react';
import { type FormEvent, useId, useMemo, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { toPlainError } from '../../main/model/app-error.ts';
import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import { searchText } from '../../main/model/search-text.ts';
import { longestSetName, mostInSet } from '../../main/model/set-limits.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { ProductionBadge } from '../controls/production-badge.tsx';
import { locationOf } from '../text/location.ts';
import { setsText } from './text.ts';
import './edit-set.css';

const text = setsText.edit;

/** Changes the name and the clusters of a set. */
export function EditSet({
  set,
  onClose,
}: {
  readonly set: ClusterSet | undefined;
  readonly onClose: () => void;
}) {
  return (
    <ModalOverlay
      className="veil"
      isOpen={set !== undefined}
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Modal className="modal edit-set-modal">
        <Dialog>
          {set !== undefined && (
            <>
              <Heading slot="title">{text.title(set.name)}</Heading>
              <Form set={set} onClose={onClose} />
            </>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Form({ set, onClose }: { readonly set: ClusterSet; readonly onClose: () => void }) {
  const { saveSet } = useActions();
  const known = useAgent((agent) => agent.clusters);
  const [name, setName] = useState(set.name);
  const [members, setMembers] = useState<readonly ClusterId[]>(set.clusters);
  const [problem, setProblem] = useState<string>();
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saveSet({ name: name.trim(), clusters: [...members] }, set.name).then(onClose, (error: unknown) => {
      const { message, hint } = toPlainError(error);
      setProblem([message, hint].filter(Boolean).join(' '));
    });
  };
  return (
    <form className="edit-set" onSubmit={submit}>
      <label htmlFor={id}>{text.name}</label>
      <input
        id={id}
        className="field"
        type="text"
        required
        maxLength={longestSetName}
        autoComplete="off"
        value={name}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-problem`}
        onChange={(event) => {
          setName(event.target.value);
          setProblem(undefined);
        }}
      />
      {members.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by the keys.
        <ul className="edit-set-members" tabIndex={0} aria-label={text.members}>
          {members.map((member) => (
            <Member
              key={member}
              id={member}
              cluster={known.get(member)}
              onRemove={() => setMembers(members.filter((one) => one !== member))}
            />
          ))}
        </ul>
      )}
      <AddClusters members={members} onAdd={(added) => setMembers([...members, added])} />
      {members.length === 0 && <p>{text.empty}</p>}
      <p id={`${id}-problem`} role="alert">
        {problem}
      </p>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {text.cancel}
        </button>
        <button
          type="submit"
          className="button primary"
          disabled={name.trim() === '' || members.length === 0}
        >
          {text.save}
        </button>
      </div>
    </form>
  );
}

function Member({
  id,
  cluster,
  onRemove,
}: {
  readonly id: ClusterId;
  readonly cluster: Cluster | undefined;
  readonly onRemove: () => void;
}) {
  const title = cluster?.title ?? id;
  return (
    <li>
      <Name cluster={cluster} title={title} />
      <button
        type="button"
        className="icon-button small"
        aria-label={text.takeOut(title)}
        title={text.takeOut(title)}
        onClick={onRemove}
      >
        <X size={14} aria-hidden />
      </button>
    </li>
  );
}

function Name({ cluster, title }: { readonly cluster: Cluster | undefined; readonly title: string }) {
  return (
    <span className="edit-set-name">
      <bdi>{title}</bdi> {cluster !== undefined && <ProductionBadge cluster={cluster} />}
      <small>{cluster === undefined ? text.gone : locationOf(cluster)}</small>
    </span>
  );
}

/** Few enough to leave room for the members. */
const mostFound = 5;

function AddClusters({
  members,
  onAdd,
}: {
  readonly members: readonly ClusterId[];
  readonly onAdd: (id: ClusterId) => void;
}) {
  const clusters = useAgent((agent) => agent.clusters);
  const [query, setQuery] = useState('');
  const id = useId();
  const found = useMemo(() => matching(query, clusters.values(), members), [query, clusters, members]);
  if (members.length >= mostInSet) return <p>{text.full}</p>;
  return (
    <>
      <label htmlFor={id}>{text.find}</label>
      <input
        id={id}
        className="field"
        type="search"
        placeholder={text.findHint}
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          // Enter adds what was found; it must not save the form.
          event.preventDefault();
          const [first] = found;
          if (first !== undefined) onAdd(first.id);
        }}
      />
      {query.trim() !== '' && found.length === 0 && <p role="status">{text.none}</p>}
      <ul>
        {found.map((cluster) => (
          <li key={cluster.id}>
            <Name cluster={cluster} title={cluster.title} />
            <button
              type="button"
              className="icon-button small"
              aria-label={text.add(cluster.title)}
              title={text.add(cluster.title)}
              onClick={() => onAdd(cluster.id)}
            >
              <Plus size={14} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Returns the first clusters with every word that are not members yet, those with a word in the name first. */
function matching(
  query: string,
  clusters: Iterable<Cluster>,
  members: readonly ClusterId[],
): readonly Cluster[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found = [...clusters].filter((cluster) => {
    if (members.includes(cluster.id)) return false;
    const all = searchText(cluster);
    return words.every((word) => all.includes(word));
  });
  const isNamed = ({ title }: Cluster) => words.some((word) => title.toLowerCase().includes(word));
  return found
    .sort((a, b) => Number(isNamed(b)) - Number(isNamed(a)) || a.title.localeCompare(b.title))
    .slice(0, mostFound);
}
