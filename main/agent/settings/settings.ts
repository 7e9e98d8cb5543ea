import { z } from 'zod';
import { AppError } from '../app-error.ts';

/** Every setting a person can change. */
export const settingsSchema = z.object({
  /** Whether connecting also makes the first cluster kubectl's current context. */
  kubeconfigMode: z.enum(['switch', 'add']),
  /** The kubeconfig to edit; the caller's KUBECONFIG, else `~/.kube/config`, when empty. */
  kubeconfigPath: z.string(),
  /** A catalog younger than this is not read again at start. Minutes. */
  catalogMaxAgeMinutes: z.number().int().min(1).max(10_080),
  /** Regions to look for EKS clusters in; the regions that are enabled by default in every account when empty. */
  awsRegions: z.array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-west-1')),
  /** KV mounts of Vault that hold clusters. */
  vaultMounts: z.array(z.string().min(1)),
  /** Whether the desktop app starts when the person logs in to the computer. */
  startAtLogin: z.boolean(),
  /** How favourites are ordered: as the person put them, or by name. */
  favouritesOrder: z.enum(['own', 'name']),
  /** A PEM file of certificate authorities to trust besides the system's. */
  extraAuthorities: z.string(),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Apart from the schema, so that a change of one setting can be parsed by it too. */
export const defaultSettings: Settings = {
  kubeconfigMode: 'switch',
  kubeconfigPath: '',
  catalogMaxAgeMinutes: 60,
  awsRegions: [],
  vaultMounts: ['clusters'],
  startAtLogin: false,
  favouritesOrder: 'own',
  extraAuthorities: '',
};

/** What keeps the settings on disk: electron-store in the desktop, conf elsewhere. Only the agent writes. */
export interface SettingsStore {
  /** The file, for messages. */
  readonly path: string;
  /** The raw content. */
  readonly store: Record<string, unknown>;
  set(values: Record<string, unknown>): void;
}

export interface SettingsKeeper {
  get(): Settings;
  /** Rejects with `bad-input` naming the field. */
  change(patch: Partial<Settings>): Settings;
}

/** Throws `bad-input` naming file and field when what is on disk does not fit; the file stays as it is. */
export function createSettings(options: {
  readonly openStore: () => SettingsStore;
  readonly onChange: (settings: Settings) => void;
}): SettingsKeeper {
  const store = open(options.openStore);
  let current = parse(store.store, store.path);
  return {
    get: () => current,
    change(patch) {
      const next = parse({ ...store.store, ...patch }, store.path);
      store.set(patch);
      current = next;
      options.onChange(current);
      return current;
    },
  };
}

function open(openStore: () => SettingsStore): SettingsStore {
  try {
    return openStore();
  } catch (cause) {
    throw new AppError(
      'bad-input',
      `The settings file cannot be read: ${cause instanceof Error ? cause.message : 'unknown error'}`,
      {
        hint: 'Mend the file by hand, or move it away to start with the defaults.',
        cause,
      },
    );
  }
}

function parse(raw: Record<string, unknown>, file: string): Settings {
  const result = settingsSchema.safeParse({ ...defaultSettings, ...raw });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new AppError('bad-input', `Setting ${field} in ${file}: ${issue?.message ?? 'does not fit'}.`, {
    hint: `Correct ${field} in that file, or remove it to get the default.`,
  });
}
