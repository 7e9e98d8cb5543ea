import { managedFile } from '../../main/agent/organisation/managed-file.ts';
import { fileFolders } from '../../main/agent/organisation/organisation-files.ts';
import { type Paths, pathsFrom } from '../../main/agent/paths.ts';

type System = 'linux' | 'darwin' | 'win32';
export const systems: Readonly<Record<System, string>> = {
  linux: 'Linux',
  darwin: 'macOS',
  win32: 'Windows',
};

/** Names of the environment in the place of its values: the code composes the paths. */
const environments: Readonly<Record<System, Readonly<Record<string, string>>>> = {
  linux: { HOME: '/~' },
  darwin: { HOME: '/~' },
  win32: {
    USERPROFILE: '/%USERPROFILE%',
    APPDATA: '/%APPDATA%',
    LOCALAPPDATA: '/%LOCALAPPDATA%',
    ProgramData: '%ProgramData%',
  },
};

/** The paths of a system, as users write them. */
export function pathsOf(system: System): Pick<Paths, 'config' | 'state' | 'socket' | 'cloudflared'> & {
  readonly managed: string;
  readonly files: readonly string[];
} {
  const env = environments[system];
  const shown = (text: string) => {
    const relative = text.replace(/^\/(?=[~%])/, '');
    return system === 'win32' ? relative.replaceAll('/', '\\').replace(/[0-9a-f]{16}$/, 'ID') : relative;
  };
  const { config, state, socket, cloudflared } = pathsFrom(env, system);
  const { system: ofSystem, own } = fileFolders({ env, config }, system);
  return {
    config: shown(config),
    state: shown(state),
    socket: shown(socket),
    cloudflared: shown(cloudflared),
    managed: shown(managedFile(env, system).file),
    files: [...ofSystem, own].map(shown),
  };
}

type Row = readonly [names: string, text: string];

/** What is in the folder of settings. */
export const configFiles: readonly Row[] = [
  ['settings.json', 'Your settings. You may edit it while no agent runs.'],
  ['settings.json.good', 'The last settings that could be read, in case of a damaged file.'],
  ['organisation.json', 'The configuration that you have set up, with its address and your key.'],
  [
    'organisation-files/',
    "Files that the organisation's configuration names, where you have no administrator rights.",
  ],
];

/** What is in the folder of the state. Mode 0700, and each file 0600. */
export const stateFiles: readonly Row[] = [
  ['agent.log', 'The log of the agent, and `agent.log.1`, the one before.'],
  ['agent.pid', 'The process of the agent.'],
  ['run/agent.sock', 'The socket of the agent, on Linux and macOS.'],
  ['socket-secret', 'The secret that clients of the socket prove.'],
  ['election.lock', 'Held while an agent starts.'],
  ['catalog/', 'The clusters that were found, a file for each account, and `runs.json`.'],
  [
    'published-catalog.json',
    "The organisation's catalog as it was accepted, with `published-catalog-records.json`.",
  ],
  ['completion.txt', 'Names for completion in a shell.'],
  ['connections.json', 'The contexts in your kubeconfig, and what is open.'],
  ['context-names.json', 'Names of contexts that were given.'],
  ['previous-contexts.json', 'The current contexts before ours.'],
  ['switch-limits.json', 'Switches with a time limit.'],
  ['recent.json', 'Recent connections.'],
  [
    'favourites.json',
    'Favourites; `sets.json` the sets, `collapsed-groups.json` closed groups of the window.',
  ],
  ['ports.json', 'Local ports and their passwords.'],
  ['api-proxy-authority.json', 'The certificate authority of local TLS proxies.'],
  ['api-proxy-secrets.json', 'Their secrets.'],
  ['journal.json', 'How kubeconfigs were before, so that `remove` restores the same bytes.'],
  ['owner.json', 'The id that marks entries of this agent.'],
  ['history/', 'The last changes of kubeconfigs, for `kubeconfig undo`; `edits.json` lists them.'],
  ['backups/', 'Copies of kubeconfigs.'],
  ['kubeconfigs/', 'Kubeconfigs for single programs (`kubeconfig --for`).'],
  ['terminals/', 'Kubeconfigs of terminals, and `terminals.json`, which lists them.'],
  ['programs/', 'The command line and cloudflared of an AppImage or a disk image.'],
  ['authorities.pem', 'CA certificates for cloudflared, on Linux.'],
  ['policies.json', 'What Access said of your policies.'],
  ['aws.json', 'What is known about AWS accounts and roles; no credential.'],
  [
    'google-sign-in.json',
    'Sessions of `k8s-tunnels login`, with `azure-sign-in.json`, `oidc-sign-ins.json` and, for further Vaults, `vault-sign-ins.json`; sealed where the desktop app finds a keychain.',
  ],
  ['sign-in-key', 'The keys that seal them, encrypted by the keychain, with `sign-in-key.<id>`.'],
  ['oidc-consents.json', 'Clusters that may receive your id token.'],
  ['activity.json', 'The journal that `activity` shows.'],
  ['audit.jsonl', 'Requests through local TLS proxies, which `audit` shows, and `audit.jsonl.1` to `.4`.'],
  ['releases.json', 'The last release that was announced.'],
  ['managed-organisation.json', 'The last good managed configuration.'],
  [
    'pilot.json',
    'A random id that draws this installation into pilot groups, and who was signed in to Access last.',
  ],
  ['window.json', "The window's position."],
  ['compile-cache/', "Node's cache of compiled code."],
];
