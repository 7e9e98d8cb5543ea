import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import { nearest } from '../../model/nearest.ts';
import { issueText } from '../../model/schema-words.ts';
import {
  defaultSettings,
  type SettingName,
  type Settings,
  type SettingsFrom,
  settingNames,
  settingsSchema,
} from '../../model/settings.ts';
import { settingsVersion, versionOf } from './settings-file.ts';

/** An organisation's defaults and locks for the settings. */
export interface ManagedSettings {
  /** The organisation's name. */
  readonly name: string;
  /** Used where the user chose nothing. */
  readonly values: { readonly [N in SettingName]?: Settings[N] | undefined };
  /** The settings that the user cannot change. */
  readonly locked: readonly SettingName[];
}

/** Stores the settings on disk: electron-store in the desktop app, conf elsewhere. Only the agent writes. */
export interface SettingsStore {
  /** The file, for messages. */
  readonly path: string;
  /** The raw content. */
  readonly store: Record<string, unknown>;
  set(values: Record<string, unknown>): void;
  delete(name: string): void;
}

export interface SettingsKeeper {
  get(): Settings;
  /** Returns who decided each setting. */
  from(): SettingsFrom;
  /** Rejects with `bad-input` naming the field, or `setting-managed`. */
  change(patch: Partial<Settings>): Settings;
  /** Removes the user's choices: the organisation's value applies, or the default. Rejects with `setting-managed`. */
  reset(names: readonly SettingName[]): Settings;
  /** Returns the settings as they would be under another organisation. */
  under(managed: ManagedSettings | undefined): Settings;
  /** Applies another organisation's settings; keeps the user's choices. */
  manage(managed: ManagedSettings | undefined): void;
}

/**
 * Ignores a stored setting that does not exist or whose value is invalid, and reports it; leaves the file as it is.
 * Throws `bad-input` if the file cannot be read.
 */
export function createSettings(options: {
  readonly openStore: () => SettingsStore;
  readonly managed?: ManagedSettings | undefined;
  readonly onChange: (settings: Settings, from: SettingsFrom) => void;
  /** Called once for each stored setting that is ignored. */
  readonly onIgnored?: (error: AppError) => void;
}): SettingsKeeper {
  const store = open(options.openStore);
  const reported = new Set<string>();
  /** The settings of the file that can be used. */
  const stored = (): Record<string, unknown> => {
    const { usable, ignored } = sift(store.store, store.path);
    for (const error of ignored) {
      if (!reported.has(error.message)) options.onIgnored?.(error);
      reported.add(error.message);
    }
    return usable;
  };
  let managed = options.managed;
  const under = (by: ManagedSettings | undefined, patch: Partial<Settings> = {}): Settings => {
    const own = { ...stored(), ...patch };
    const chosen = Object.entries(own).filter(([name]) => !isLocked(by, name));
    // Locked values must be valid too: they apply again when the organisation unlocks them.
    parse(own, store.path);
    return parse({ ...by?.values, ...Object.fromEntries(chosen) }, store.path);
  };
  const from = () => {
    const own = stored();
    return Object.fromEntries(
      settingNames.map((name) => [name, originOf(name, own, managed)]),
    ) as SettingsFrom;
  };
  let current = under(managed);
  return {
    get: () => current,
    from,
    change(patch) {
      refuseLocked(managed, Object.keys(patch));
      const next = under(managed, patch);
      store.set(patch);
      current = next;
      options.onChange(current, from());
      return current;
    },
    reset(names) {
      refuseLocked(managed, names);
      for (const name of names) store.delete(name);
      current = under(managed);
      options.onChange(current, from());
      return current;
    },
    under: (other) => under(other),
    manage(other) {
      const next = under(other);
      managed = other;
      current = next;
      options.onChange(current, from());
    },
  };
}

function isLocked(managed: ManagedSettings | undefined, name: string): boolean {
  return managed?.locked.some((locked) => locked === name) ?? false;
}

function refuseLocked(managed: ManagedSettings | undefined, names: readonly string[]): void {
  const locked = names.find((name) => isLocked(managed, name));
  if (managed === undefined || locked === undefined) return;
  throw new AppError('setting-managed', `${managed.name} manages the setting ${locked}.`, {
    hint: `Ask ${managed.name}'s administrators to change it in the organisation's configuration.`,
  });
}

function originOf(
  name: SettingName,
  own: Readonly<Record<string, unknown>>,
  managed: ManagedSettings | undefined,
): SettingsFrom[SettingName] {
  if (isLocked(managed, name)) return 'organisation';
  if (Object.hasOwn(own, name)) return 'user';
  return managed?.values[name] === undefined ? 'default' : 'organisation';
}

function open(openStore: () => SettingsStore): SettingsStore {
  try {
    return openStore();
  } catch (cause) {
    throw new AppError(
      'bad-input',
      `The settings file cannot be read: ${cause instanceof Error ? cause.message : 'unknown error'}`,
      {
        hint: 'Fix the file by hand, or move it away to start with the defaults.',
        cause,
      },
    );
  }
}

/**
 * Separates what can be used from what cannot. A file of a newer version is taken as far as it is valid, without a
 * report: that version may have further settings, or have changed a setting's meaning.
 */
function sift(content: Record<string, unknown>, file: string) {
  const usable: Record<string, unknown> = {};
  const ignored: AppError[] = [];
  for (const [name, value] of Object.entries(content)) {
    const isKnown = Object.hasOwn(settingsSchema.shape, name);
    const result = settingsSchema.partial().safeParse({ [name]: value });
    if (isKnown && result.success) usable[name] = value;
    else if (isKnown)
      ignored.push(
        new AppError(
          'bad-input',
          `Setting ${name} in ${file} is ignored: it ${issueText(result.error?.issues[0])}.`,
          {
            hint: `Correct ${name} in that file, or set it: \`${command`k8s-tunnels settings ${name}`} VALUE\`.`,
          },
        ),
      );
    else if (name !== 'version' && !name.startsWith('__')) {
      const [like] = nearest(name, settingNames, 1, 3);
      ignored.push(
        new AppError('bad-input', `${file} has the setting ${name}, which does not exist.`, {
          hint: like === undefined ? 'Remove it from that file.' : `Did you mean ${like}?`,
        }),
      );
    }
  }
  return { usable, ignored: versionOf(content) > settingsVersion ? [] : ignored };
}

function parse(raw: Record<string, unknown>, file: string): Settings {
  const result = settingsSchema.safeParse({ ...defaultSettings, ...raw });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new AppError('bad-input', `Setting ${field} in ${file} ${issueText(issue)}.`, {
    hint: `Correct ${field} in that file, or remove it to get the default.`,
  });
}
