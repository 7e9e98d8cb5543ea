import type { Snapshot } from '../model/agent-view.ts';
import type { ClusterId } from '../model/cluster.ts';
import { type EntryForm, entryFormOf } from '../model/entry-form.ts';
import { listed } from '../model/wording.ts';
import { openTunnels } from './cluster-view.ts';
import { printable } from './terminal.ts';

interface UnauditedEntry {
  readonly cluster: ClusterId;
  readonly title: string;
  readonly form: EntryForm;
}

/** Returns the kubeconfig entries whose requests are not recorded: all while the audit is off. */
export function notAudited(snapshot: Snapshot): readonly UnauditedEntry[] {
  const { settings } = snapshot;
  return entriesOf(snapshot).filter(({ form }) => !settings.audit || form !== 'tls');
}

/**
 * Names them, where the audit matters to the user: some entry is audited, or the organisation has decided that requests
 * are.
 */
export function notAuditedLines(snapshot: Snapshot): readonly string[] {
  const { settings, settingsFrom, terminals = [] } = snapshot;
  if (!settings.audit) return [];
  const isUsed =
    settingsFrom.audit === 'organisation' ||
    entriesOf(snapshot).some(({ form }) => form === 'tls') ||
    terminals.some(({ readOnly }) => readOnly !== undefined);
  const entries = isUsed ? notAudited(snapshot) : [];
  if (entries.length === 0) return [];
  const named = entries.slice(0, 5).map(({ title, form }) => printable(`${title} (${form})`));
  return [`Not audited: ${listed(named, entries.length)}. Only the entry form tls is.`];
}

function entriesOf(snapshot: Snapshot): readonly UnauditedEntry[] {
  const { clusters, settings, kept } = snapshot;
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  const ids = new Set([...openTunnels(snapshot).keys(), ...kept]);
  return [...ids].map((cluster) => {
    const known = byId.get(cluster);
    const form = known === undefined ? settings.entryForm : entryFormOf(known, settings);
    return { cluster, title: known?.title ?? cluster, form };
  });
}
