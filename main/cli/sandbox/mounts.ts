import path from 'node:path';

/** Where the folder of the read-only kubeconfig is in the sandbox, and where the relay is that leads out of it. */
export const inside = { terminal: '/run/k8s-tunnels', relay: '/run/k8s-tunnels-relay' } as const;

/** The system's programs. They are the same for all users, and none has a socket of a user. */
export const programFolders = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/nix/store',
  '/run/current-system',
] as const;

/**
 * What programs read of /etc. Everything else is left out: a file that users may read can hold a credential (a kubeconfig of
 * k3s, a service token of Access).
 */
const settingFiles = [
  'alternatives',
  'bash.bashrc',
  'bashrc',
  'ca-certificates',
  'ca-certificates.conf',
  'crypto-policies',
  'debian_version',
  'fonts',
  'group',
  'hosts',
  'inputrc',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'locale.alias',
  'locale.conf',
  'localtime',
  'lsb-release',
  'mime.types',
  'nsswitch.conf',
  'os-release',
  'passwd',
  'pki/ca-trust',
  'pki/tls/certs',
  'pki/tls/openssl.cnf',
  'profile',
  'profile.d',
  'protocols',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'terminfo',
  'timezone',
] as const;

/** The variables that the command gets of the caller's. None of them can hold a credential. */
const passedVariables =
  /^(?:PATH|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|COLUMNS|LINES|LANG|LANGUAGE|LC_[A-Z]+|TZ|USER|LOGNAME)$/;

/** A folder or file of the user's that the command sees, at its own path. */
export interface Shown {
  readonly path: string;
  readonly isWritable: boolean;
}

/** Returns the arguments of bwrap, up to the command that runs in the sandbox. */
export function bwrapArguments(options: {
  readonly home: string;
  /** The folder with the terminal's kubeconfig and the socket of its port. */
  readonly terminal: string;
  /** The files that run the relay. */
  readonly relay: readonly string[];
  readonly shown: readonly Shown[];
  readonly cwd: string;
  /** Bubblewrap 0.8 can forbid user namespaces in the sandbox. */
  readonly forbidsNamespaces: boolean;
  /** True if bwrap reads a filter of system calls from file descriptor 3. */
  readonly hasFilter: boolean;
}): readonly string[] {
  const { home, terminal, relay, shown, cwd, forbidsNamespaces, hasFilter } = options;
  const readOnly = (from: string, to = from) => ['--ro-bind', from, to];
  const ifThere = (from: string) => ['--ro-bind-try', from, from];
  return [
    // A network, processes, IPC, a host name and cgroups of its own: no port, no abstract socket, no process of others.
    '--unshare-all',
    '--unshare-user',
    ...(forbidsNamespaces ? ['--disable-userns'] : []),
    ...['--cap-drop', 'ALL'],
    ...(hasFilter ? ['--seccomp', '3'] : []),
    // Without the terminal as its controlling one, nothing can type into it (TIOCSTI).
    '--new-session',
    '--die-with-parent',
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/run'],
    ...programFolders.flatMap(ifThere),
    ...settingFiles.flatMap((name) => ifThere(path.join('/etc', name))),
    ...['--tmpfs', home],
    ...shown.flatMap((one) => [one.isWritable ? '--bind' : '--ro-bind', one.path, one.path]),
    // Git runs what is configured there, outside the sandbox too.
    ...shown.flatMap((one) => (one.isWritable ? ifThere(path.join(one.path, '.git')) : [])),
    ...readOnly(terminal, inside.terminal),
    ...relay.flatMap((file) => readOnly(file, relayed(file))),
    ...['--chdir', cwd, '--'],
  ];
}

/** Returns the path in the sandbox of a file that runs the relay. */
export function relayed(file: string): string {
  return path.join(inside.relay, path.basename(file));
}

/** Returns the environment of a command in the sandbox, without the variables of its terminal. */
export function sandboxEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Record<string, string> {
  const passed = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && passedVariables.test(entry[0]),
  );
  return { ...Object.fromEntries(passed), HOME: home, TMPDIR: '/tmp' };
}
