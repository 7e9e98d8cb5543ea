import { z } from 'zod';
import { awsRegionPattern, portalIn } from './aws-portals.ts';
import { defaultTemplate, templateProblem } from './context-name.ts';
import { entryForms, execApiVersions } from './entry-form.ts';

/** Returns true for an absolute path, one below `~/`, and an empty text. A list, as in KUBECONFIG, is no path. */
function isOneFile(path: string): boolean {
  return path === '' || (/^(?:~?[\\/]|[A-Za-z]:[\\/])/.test(path) && !/[:;]/.test(path.slice(2)));
}

/** Returns true for an address to which requests may be sent, and for an empty text. */
function isCollector(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return text === '';
  const isHere = ['localhost', '[::1]'].includes(url.hostname) || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isHere);
  return isSafe && url.username === '' && url.password === '';
}

/** All settings that a user can change. */
export const settingsSchema = z.object({
  /** `switch`: connecting also sets the current context to the first cluster. */
  kubeconfigMode: z.enum(['switch', 'add']),
  /** Keep a disconnected cluster's entry in the kubeconfig as an on-demand context. */
  keepEntries: z.boolean(),
  /** The form of kubeconfig entries. A cluster's tag takes precedence. */
  entryForm: z.enum(entryForms),
  /** The form of single clusters' entries, as `CLUSTER_ID=FORM`. Takes precedence over their tags. */
  clusterEntryForms: z.array(
    z
      .string()
      .refine(
        (text) => entryForms.some((form) => text.endsWith(`=${form}`) && text.length > form.length + 1),
        `must be CLUSTER_ID=FORM, with the form ${entryForms.slice(0, -1).join(', ')} or ${entryForms.at(-1)}`,
      ),
  ),
  /** Open production clusters read-only, until they are unlocked for a time. Their entries have the form `tls`. */
  productionReadOnly: z.boolean(),
  /** The exec credential API in kubeconfig entries. A cluster's tag takes precedence. */
  execApiVersion: z.enum(execApiVersions),
  /** The names of contexts: a template with fields such as `{group}/{name}`. */
  contextName: z
    .string()
    .max(200)
    .superRefine((template, check) => {
      const problem = templateProblem(template);
      if (problem !== undefined) check.addIssue({ code: 'custom', message: problem });
    }),
  /** Start the agent for kubectl's credential if none is running. Otherwise the plugin makes the credential itself. */
  credentialStartsAgent: z.boolean(),
  /** The kubeconfig to edit. Empty: the caller's KUBECONFIG, otherwise `~/.kube/config`. */
  kubeconfigPath: z.string().refine(isOneFile, 'must be the path of one file: absolute, or below ~/'),
  /** Minutes for which the catalog counts as recent, so that a start does not refresh it. */
  catalogMaxAgeMinutes: z.number().int().min(1).max(10_080),
  /** Regions to discover EKS clusters in. Empty: the regions that are enabled by default in every account. */
  awsRegions: z.array(z.string().regex(awsRegionPattern, 'must be a region such as eu-west-1')),
  /** The AWS role or profile that signs in to the EKS clusters of an account, as `account=name`. */
  awsRoles: z.array(
    z.string().regex(/^\d{12}=\S/, 'must be an account and a role, as 111122223333=Developer'),
  ),
  /** The Google account that reads a project and signs in to its clusters, as `project=account`. */
  gcpAccounts: z.array(
    z
      .string()
      .regex(/^[a-z][a-z0-9:.-]{0,99}=\S/, 'must be a project and an account, as acme-shop=ada@acme.example'),
  ),
  /** Access portals of IAM Identity Center besides those of the AWS configuration, as `region=start URL`. */
  awsPortals: z.array(
    z
      .string()
      .refine(
        (text) => portalIn(text) !== undefined,
        'must be REGION=START_URL, such as eu-west-1=https://acme.awsapps.com/start',
      ),
  ),
  /** Vault KV mounts that contain clusters: `mount`, `mount/folder`, or `namespace:mount` to override VAULT_NAMESPACE. */
  vaultMounts: z.array(z.string().min(1)),
  /** YAML files of clusters. Paths are absolute, below `~/`, or relative to the settings file. */
  clusterFiles: z.array(z.string().min(1)),
  /** Start the desktop app when the user logs in to the computer. */
  startAtLogin: z.boolean(),
  /** Reopen the tunnels that were open at quit when the agent starts again. */
  reopenAtStart: z.boolean(),
  /** Notify about clusters that a discovery finds for the first time. */
  notifyNewClusters: z.boolean(),
  /** Record each request through a local TLS proxy (entry form `tls`) on this computer. */
  audit: z.boolean(),
  /** The address of an OpenTelemetry collector that gets these records too (OTLP, HTTP, JSON). Empty: none. */
  auditExport: z
    .string()
    .max(2_048)
    .refine(isCollector, 'must be an https:// address without a password, or http:// on this computer'),
  /** Show set-up in the window while no cluster is known. */
  firstRun: z.boolean(),
  /** The order of favourites: the user's own, or by name. */
  favouritesOrder: z.enum(['own', 'name']),
  /** The window's colours: those of the system, or always light or dark. */
  theme: z.enum(['system', 'light', 'dark']),
  /** How the window groups the other clusters. `group` is the tag. */
  listGroup: z.enum(['account', 'environment', 'cloud', 'group', 'none']),
  /**
   * The terminal app in which the window opens shells, with its arguments, to which the command is appended. Empty: the
   * system's.
   */
  terminal: z.array(z.string().min(1)),
  /** A PEM file of additional CA certificates to trust besides the system's. */
  extraAuthorities: z.string(),
  /** A file of `NAME=VALUE` lines for the desktop app's environment, over that of the login shell. */
  environmentFile: z.string(),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Separate from the schema, so that a change of one setting does not fill in the defaults of the others. */
export const defaultSettings: Settings = {
  kubeconfigMode: 'switch',
  keepEntries: true,
  entryForm: 'socks5',
  clusterEntryForms: [],
  productionReadOnly: false,
  execApiVersion: 'v1',
  contextName: defaultTemplate,
  credentialStartsAgent: true,
  kubeconfigPath: '',
  catalogMaxAgeMinutes: 60,
  awsRegions: [],
  awsRoles: [],
  gcpAccounts: [],
  awsPortals: [],
  vaultMounts: ['clusters'],
  clusterFiles: [],
  startAtLogin: false,
  reopenAtStart: false,
  notifyNewClusters: false,
  audit: true,
  auditExport: '',
  firstRun: true,
  favouritesOrder: 'own',
  theme: 'system',
  listGroup: 'account',
  terminal: [],
  extraAuthorities: '',
  environmentFile: '',
};

export type SettingName = keyof Settings;
export const settingNames = settingsSchema.keyof().options;

/** The origin of each setting's value. */
export const settingsFromSchema = z.record(
  settingsSchema.keyof(),
  z.enum(['organisation', 'user', 'default']),
);
export type SettingsFrom = z.infer<typeof settingsFromSchema>;

/** All settings have their defaults. */
export const defaultSettingsFrom = Object.fromEntries(
  settingNames.map((name) => [name, 'default']),
) as SettingsFrom;
