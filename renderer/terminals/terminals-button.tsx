import { SquareTerminal } from 'lucide-react';
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { Terminal } from '../../main/model/terminal.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';
import { ProductionBadge } from '../controls/production-badge.tsx';
import { terminalsText } from './text.ts';
import './terminals.css';

/** Counts the terminals with a kubeconfig of their own, and lists them by cluster, production first. None: nothing. */
export function TerminalsButton({ onOpen }: { readonly onOpen: (id: ClusterId) => void }) {
  const terminals = useAgent((agent) => agent.terminals) ?? [];
  const clusters = useAgent((agent) => agent.clusters);
  if (terminals.length === 0) return null;
  const production = terminals.filter((terminal) => terminal.production).length;
  return (
    <DialogTrigger>
      <Button className="terminals-button" data-production={production > 0 || undefined}>
        <SquareTerminal size={13} aria-hidden />
        <span>{terminalsText.count(terminals.length, production)}</span>
      </Button>
      <Popover className="terminals-panel" placement="bottom start">
        <Dialog aria-label={terminalsText.title}>
          {({ close }) => (
            <ul>
              {terminals.map((terminal) => (
                <TerminalRow
                  key={terminal.id}
                  terminal={terminal}
                  title={clusters.get(terminal.cluster)?.title ?? terminal.cluster}
                  onOpen={() => {
                    close();
                    onOpen(terminal.cluster);
                  }}
                />
              ))}
            </ul>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function TerminalRow({
  terminal,
  title,
  onOpen,
}: {
  readonly terminal: Terminal;
  readonly title: string;
  readonly onOpen: () => void;
}) {
  const { kind, pid, since, namespace, cluster: id } = terminal;
  const cluster = useAgent(({ clusters }) => clusters.get(id));
  const now = useMinute();
  const { endClient } = useActions();
  const details = [
    terminalsText.kinds[kind],
    ...(namespace === undefined ? [] : [terminalsText.namespace(namespace)]),
    terminalsText.process(pid, now - since),
  ];
  return (
    <li className="terminals-item">
      <button type="button" className="terminals-row" onClick={onOpen}>
        <span className="terminals-title">
          <bdi>{title}</bdi> {cluster !== undefined && <ProductionBadge cluster={cluster} />}
        </span>
        <small>{details.join(' · ')}</small>
      </button>
      {kind === 'mcp' && (
        <button type="button" className="button" onClick={() => void endClient(pid)}>
          {terminalsText.end}
        </button>
      )}
    </li>
  );
}
