import { useState } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { TunnelState } from '../../main/model/tunnel-state.ts';
import { useAgent } from '../agent/page.tsx';
import { compareText } from './text.ts';

const { states } = compareText;

const texts: Readonly<Record<TunnelState['status'], string>> = {
  idle: states.waiting,
  'logging-in': states.signingIn,
  connecting: states.connecting,
  connected: states.reading,
  degraded: states.reading,
  reconnecting: states.reconnecting,
  failed: states.failed,
  closing: states.done,
};

/** Shows how far the reading of a cluster is, by its tunnel: one that was opened for it is closed once it is read. */
export function ColumnState({ id }: { readonly id: ClusterId }) {
  const status = useAgent(({ tunnels }) => tunnels.get(id)?.state.status) ?? 'idle';
  const [wasOpen, setWasOpen] = useState(false);
  if (status !== 'idle' && !wasOpen) setWasOpen(true);
  return status === 'idle' && wasOpen ? states.done : texts[status];
}
