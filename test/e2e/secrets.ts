import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { secretsGivenOut } from '../world/given-out.ts';
import type { Plan } from '../world/plan.ts';

/** Where a secret may be: what docs/security.md says, and what the vendors' tools and the person have put there. */
const stores: readonly { readonly file: RegExp; readonly holds: RegExp; readonly theirs?: true }[] = [
  { file: /^\.cloudflared\//, holds: /^(?:app|org) token of Access$|that a client sent/ },
  { file: /^\.local\/state\/k8s-tunnels\/ports\.json$/, holds: /^proxy password$/ },
  { file: /^\.local\/state\/k8s-tunnels\/socket-secret$/, holds: /^secret of the socket$/ },
  {
    file: /^\.kube\/config$|^\.local\/state\/k8s-tunnels\/(?:journal\.json|backups\/|history\/)/,
    holds: /^proxy password$/,
  },
  { file: /^\.local\/state\/k8s-tunnels\/secret$/, holds: /^secret of the pipe$/ },
  { file: /^\.local\/state\/k8s-tunnels\/google-sign-in\.json$/, holds: /Google$/ },
  { file: /^\.local\/state\/k8s-tunnels\/azure-sign-in\.json$/, holds: /Entra$/ },
  { file: /^acme\.yaml$|^\.config\/k8s-tunnels\/organisation\./, holds: /of the organisation at Google$/ },
  { file: /^\.config\/k8s-tunnels\/organisation-files\/secret$/, holds: /^service token of Access$/ },
  { file: /^\.vault-token$/, holds: /^token of Vault$/ },
  { file: /^\.aws\//, holds: /of Identity Center$|of AWS$/, theirs: true },
  { file: /^\.azure\//, holds: /Entra$/, theirs: true },
  { file: /^\.config\/gcloud\//, holds: /Google$/, theirs: true },
];

/** Every secret that the world has given out, was planted with, or that we have made, and what it is. */
export async function knownSecrets(options: {
  readonly plan: Plan;
  /** Our folder of state. */
  readonly state: string;
}): Promise<Map<string, string>> {
  const { plan, state } = options;
  const known = new Map(secretsGivenOut());
  for (const { secretAccessKey } of plan.accounts) known.set(secretAccessKey, 'secret key of AWS');
  for (const { password } of plan.people) known.set(password, 'password of a person');
  known.set(plan.azure.application.secret, 'client secret of Entra');
  const ports = await readFile(path.join(state, 'ports.json'), 'utf8');
  for (const [, user = '', password = ''] of ports.matchAll(/"user":"([^"]+)","password":"([^"]+)"/g)) {
    known.set(password, 'proxy password');
    known.set(user, 'proxy password');
  }
  const socket = (await readFile(path.join(state, 'socket-secret'), 'utf8')).trim();
  known.set(socket, 'secret of the socket');
  return known;
}

/** What the processes below a folder were started with, while they run. */
export interface ProcessWatch {
  /** Ends it. */
  end(): readonly { readonly by: string; readonly text: string }[];
}

/** Only where the system tells (Linux). `root` stands in the environment of every process that counts. */
export function watchProcesses(root: string): ProcessWatch {
  const seen = new Map<string, string>();
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  const looks = new Map<string, number>();
  const look = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const before = looks.get(pid) ?? 0;
      // Once it has long been there, it runs the program that it will run.
      if (Number(pid) === process.pid || before > 10) continue;
      looks.set(pid, before + 1);
      const [args, env] = [read(pid, 'cmdline'), read(pid, 'environ')];
      // With no arguments it is just becoming another program: the next look tells which.
      if (args === '' || !env.includes(root)) continue;
      seen.set(`arguments of ${args.slice(0, 120)}`, args);
      // The person in the world's browser knows the password.
      if (!args.includes('test/world/person/')) seen.set(`environment of ${args.slice(0, 120)}`, env);
    }
  };
  const timer = process.platform === 'linux' ? setInterval(look, 20) : undefined;
  return {
    end() {
      clearInterval(timer);
      return [...seen].map(([by, text]) => ({ by, text }));
    },
  };
}

/** The secrets that stand where none may, each as `where: what`, and the kinds of secret that were looked for. */
export async function findSecrets(options: {
  readonly secrets: ReadonlyMap<string, string>;
  /** Folders whose every file is read. */
  readonly folders: readonly string[];
  readonly home: string;
  readonly said: readonly { readonly by: string; readonly text: string }[];
}): Promise<{ readonly leaks: readonly string[]; readonly held: readonly string[] }> {
  const { secrets, folders, home, said } = options;
  const forms = [...secrets]
    .filter(([secret]) => secret.length >= 12)
    .flatMap(([secret, what]) =>
      [...new Set([secret, encodeURIComponent(secret)])].map((form) => [form, what] as const),
    );
  const leaks = new Set<string>();
  const held = new Set<string>();
  for (const { by, text } of said)
    for (const [form, what] of forms) if (text.includes(form)) leaks.add(`${by}: ${what}`);
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      const content = await readFile(file);
      const found = forms.filter(([form]) => content.includes(form));
      if (found.length === 0) continue;
      const name = path.relative(home, file);
      const store = stores.find((one) => one.file.test(name));
      for (const [, what] of found) {
        if (store?.holds.test(what)) held.add(`${name}: ${what}`);
        else leaks.add(`${name}: ${what}`);
      }
      const modeOf = async (place: string) => (await stat(place)).mode & 0o777;
      const mode = await modeOf(file);
      if (mode & 0o077) leaks.add(`${name}: mode ${mode.toString(8)}`);
      const around = await modeOf(entry.parentPath);
      if (store?.theirs !== true && around & 0o077)
        leaks.add(`${name}: in a folder of mode ${around.toString(8)}`);
    }
  }
  return { leaks: [...leaks].sort(), held: [...held].sort() };
}
