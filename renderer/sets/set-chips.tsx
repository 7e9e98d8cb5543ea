import { Check, ChevronDown } from 'lucide-react';
import { useRef, useState } from 'react';
import {
  Button,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Toolbar,
} from 'react-aria-components';
import { setLinkOf } from '../../main/api/link.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { copyLink } from '../links/copy-link.ts';
import { EditSet } from './edit-set.tsx';
import { setsText } from './text.ts';
import './set-chips.css';

/** Shows the sets, each with a button that connects it and a menu. One tab stop: arrow keys move along the row. */
export function SetChips({
  onAsk,
  onLeave,
}: {
  readonly onAsk: (set: ClusterSet) => void;
  /** Takes the focus when the last set is deleted. */
  readonly onLeave: () => void;
}) {
  const sets = useAgent((agent) => agent.sets);
  const { removeSet } = useActions();
  const [changing, setChanging] = useState<ClusterSet>();
  const row = useRef<HTMLDivElement>(null);
  const keepFocus = () => {
    // A menu or a dialog that closes restores the focus first, and its button went with the set or its name.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return;
        const next = row.current?.querySelector('button');
        if (next) next.focus();
        else onLeave();
      }),
    );
  };
  const remove = (set: ClusterSet) => removeSet(set).then(keepFocus);
  if (sets.length === 0) return null;
  return (
    <section aria-label={setsText.title}>
      <Toolbar
        ref={row}
        className="set-chips"
        aria-label={setsText.title}
        onWheel={({ currentTarget, deltaX, deltaY }) => {
          // A mouse has no wheel for this direction.
          if (deltaX === 0) currentTarget.scrollLeft += deltaY;
        }}
      >
        {sets.map((set) => (
          <SetChip key={set.name} set={set} onAsk={onAsk} onChange={setChanging} onDelete={remove} />
        ))}
      </Toolbar>
      <EditSet
        set={changing}
        onClose={() => {
          setChanging(undefined);
          keepFocus();
        }}
      />
    </section>
  );
}

function SetChip({
  set,
  onAsk,
  onChange,
  onDelete,
}: {
  readonly set: ClusterSet;
  readonly onAsk: (set: ClusterSet) => void;
  readonly onChange: (set: ClusterSet) => void;
  readonly onDelete: (set: ClusterSet) => Promise<void>;
}) {
  const actions = useActions();
  const open = useAgent((agent) => agent.open);
  const clusters = useAgent((agent) => agent.clusters);
  const organisation = useAgent((agent) => agent.organisation?.name);
  const known = set.clusters.filter((id) => clusters.has(id));
  const opened = known.filter((id) => open.has(id));
  const isOpen = known.length > 0 && opened.length === known.length;
  const connect = () => {
    void actions.openSet(set).then((isOpened) => {
      if (!isOpened) onAsk(set);
    });
  };
  const act = {
    connect,
    disconnect: () => void actions.disconnect(...opened),
    change: () => onChange(set),
    copyLink: () => void copyLink(set, setLinkOf).then(actions.showDone, () => {}),
    delete: () => void onDelete(set),
  };
  const choices: readonly (readonly [keyof typeof act, string, boolean])[] = [
    ['connect', setsText.connect(known.length - opened.length), opened.length < known.length],
    ['disconnect', setsText.disconnect(opened.length), opened.length > 0],
    ['change', setsText.change, set.organisation !== true],
    ['copyLink', setsText.copyLink, true],
    ['delete', setsText.delete, set.organisation !== true],
  ];
  const items = choices.flatMap(([id, title, isPossible]) =>
    isPossible
      ? [
          <MenuItem key={id} id={id} textValue={title}>
            <span>{title}</span>
          </MenuItem>,
        ]
      : [],
  );
  return (
    <div className="set-chip" data-open={isOpen || undefined}>
      <Button
        className="set-chip-open"
        aria-label={[setsText.open(set.name, set.clusters.length), isOpen ? setsText.isOpen : []]
          .flat()
          .join(', ')}
        onPress={connect}
      >
        {isOpen && <Check size={12} aria-hidden />}
        <bdi>{set.name}</bdi>
      </Button>
      <MenuTrigger>
        <Button className="set-chip-menu" aria-label={setsText.actions(set.name)}>
          <ChevronDown size={12} aria-hidden />
        </Button>
        <Popover className="popover" placement="bottom end" offset={4}>
          <Menu
            className="menu set-menu"
            aria-label={setsText.actions(set.name)}
            onAction={(id) => act[id as keyof typeof act]()}
          >
            {set.organisation === true ? (
              <MenuSection>
                <Header>{setsText.of(organisation ?? setsText.yourOrganisation)}</Header>
                {items}
              </MenuSection>
            ) : (
              items
            )}
          </Menu>
        </Popover>
      </MenuTrigger>
    </div>
  );
}
