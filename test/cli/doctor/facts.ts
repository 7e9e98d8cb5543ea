import type { Facts } from '../../../main/cli/doctor/facts.ts';
import type { EntryFacts, KubeconfigFacts } from '../../../main/cli/doctor/probes/kubeconfig.ts';
import type { Snapshot } from '../../../main/model/agent-view.ts';
import { defaultSettings, defaultSettingsFrom } from '../../../main/model/settings.ts';

/** The facts of a computer with nothing wrong and nothing on it. */
export function facts(more: Partial<Facts> = {}): Facts {
  return {
    env: {},
    version: '1.2.0',
    platform: 'linux',
    agent: { status: 'none' },
    accounts: undefined,
    programs: undefined,
    projects: undefined,
    kubeconfig: kubeconfig(),
    ownFiles: [],
    hosts: undefined,
    ports: undefined,
    plugins: undefined,
    late: [],
    failed: [],
    ...more,
  };
}

export function kubeconfig(more: Partial<KubeconfigFacts> = {}): KubeconfigFacts {
  return {
    files: [],
    failures: [],
    remarks: [],
    oddities: [],
    others: [],
    entries: [],
    locks: [],
    forPrograms: [],
    invalid: [],
    ...more,
  };
}

export function entryOf(name: string, more: Partial<EntryFacts> = {}): EntryFacts {
  return {
    id: `eks/1/eu/${name}`,
    name,
    status: 'intact',
    plugin: [process.execPath, 'k8s-tunnels.cjs', 'credential', name],
    lacks: [],
    file: '/home/ada/.kube/config',
    isListed: true,
    form: 'socks5',
    server: new URL(`https://${name}.k8s.example.com`),
    port: 20_123,
    missingProgram: undefined,
    ...more,
  };
}

/** An agent of the same version. */
export function running(
  more: Partial<Snapshot> = {},
  of: Partial<Snapshot['agent']> = {},
): Extract<Facts['agent'], { status: 'running' }> {
  const agent = {
    version: '1.2.0',
    pid: 4_711,
    startedAt: 0,
    platform: 'linux',
    signIns: 'headless' as const,
    variables: {},
    ...of,
  };
  const snapshot: Snapshot = {
    agent,
    clusters: [],
    cells: [],
    discovery: { status: 'idle' },
    tunnels: [],
    logins: [],
    sessions: [],
    kubectl: {},
    favourites: [],
    sets: [],
    kept: [],
    policies: [],
    settings: defaultSettings,
    settingsFrom: defaultSettingsFrom,
    notices: [],
    ...more,
  };
  return { status: 'running', version: agent.version, pid: agent.pid, snapshot };
}
