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

/** All settings that a user can change. The descriptions are those of docs/reference.md and of editors. */
export const settingsSchema = z.object({
  kubeconfigMode: z
    .enum(['switch', 'add'])
    .describe(
      '`switch`: connecting also sets the current context to the first cluster, never to production unasked. `add`: it does not.',
    ),
  keepEntries: z
    .boolean()
    .describe(
      'Keep the context of a disconnected cluster in the kubeconfig. It connects on demand, when kubectl needs it.',
    ),
  entryForm: z
    .enum(entryForms)
    .describe(
      'The form of kubeconfig entries: a SOCKS5 or an HTTP CONNECT proxy, or a local TLS proxy. The tag `entry` of a cluster takes precedence.',
    ),
  clusterEntryForms: z
    .array(
      z
        .string()
        .refine(
          (text) => entryForms.some((form) => text.endsWith(`=${form}`) && text.length > form.length + 1),
          `must be CLUSTER_ID=FORM, with the form ${entryForms.slice(0, -1).join(', ')} or ${entryForms.at(-1)}`,
        ),
    )
    .describe('The form of single clusters, as `CLUSTER_ID=FORM`. Takes precedence over their tags.'),
  productionReadOnly: z
    .boolean()
    .describe(
      'Open production clusters read-only, until they are unlocked for a time. Their entries have the form `tls`.',
    ),
  execApiVersion: z
    .enum(execApiVersions)
    .describe(
      'The exec credential API in kubeconfig entries; `v1beta1` for kubectl before 1.22. The tag `exec` of a cluster takes precedence.',
    ),
  contextName: z
    .string()
    .max(200)
    .superRefine((template, check) => {
      const problem = templateProblem(template);
      if (problem !== undefined) check.addIssue({ code: 'custom', message: problem });
    })
    .describe(
      'A template for the names of contexts, with `{name}`, `{cluster}`, `{group}`, `{environment}`, `{account}`, `{region}` and `{source}`.',
    ),
  credentialStartsAgent: z
    .boolean()
    .describe(
      'Start the agent when kubectl asks for a credential and none is running. Otherwise the plugin makes the credential itself, and there is no tunnel.',
    ),
  kubeconfigPath: z
    .string()
    .refine(isOneFile, 'must be the path of one file: absolute, or below ~/')
    .describe('The kubeconfig to edit. Empty: that of KUBECONFIG, otherwise `~/.kube/config`.'),
  catalogMaxAgeMinutes: z
    .number()
    .int()
    .min(1)
    .max(10_080)
    .describe('Minutes after which the list of clusters is refreshed, by an agent that starts or runs.'),
  awsRegions: z
    .array(z.string().regex(awsRegionPattern, 'must be a region such as eu-west-1'))
    .describe(
      'Regions to discover EKS clusters in. Empty: the regions that are enabled by default in every account.',
    ),
  awsRoles: z
    .array(z.string().regex(/^\d{12}=\S/, 'must be an account and a role, as 111122223333=Developer'))
    .describe('The AWS role or profile that signs in to the EKS clusters of an account, as `ACCOUNT=NAME`.'),
  gcpAccounts: z
    .array(
      z
        .string()
        .regex(
          /^[a-z][a-z0-9:.-]{0,99}=\S/,
          'must be a project and an account, as acme-shop=ada@acme.example',
        ),
    )
    .describe('The Google account that reads a project and signs in to its clusters, as `PROJECT=ACCOUNT`.'),
  awsPortals: z
    .array(
      z
        .string()
        .refine(
          (text) => portalIn(text) !== undefined,
          'must be REGION=START_URL, such as eu-west-1=https://acme.awsapps.com/start',
        ),
    )
    .describe(
      'Access portals of IAM Identity Center besides those of the AWS configuration, as `REGION=START_URL`.',
    ),
  vaultMounts: z
    .array(z.string().min(1))
    .describe(
      'Vault KV mounts that contain clusters: `MOUNT`, `MOUNT/FOLDER`, or `NAMESPACE:MOUNT` to override VAULT_NAMESPACE.',
    ),
  clusterFiles: z
    .array(z.string().min(1))
    .describe(
      'YAML files that list clusters. Paths are absolute, below `~/`, or relative to the settings file.',
    ),
  startAtLogin: z
    .boolean()
    .describe(
      'Start the desktop app when the user logs in to the computer, in the tray and without a window.',
    ),
  reopenAtStart: z
    .boolean()
    .describe('Connect the clusters again that were connected at quit, when the agent starts.'),
  notifyNewClusters: z.boolean().describe('Notify about clusters that a discovery finds for the first time.'),
  audit: z
    .boolean()
    .describe('Record each request through a local TLS proxy (entry form `tls`) on this computer.'),
  auditExport: z
    .string()
    .max(2_048)
    .refine(isCollector, 'must be an https:// address without a password, or http:// on this computer')
    .describe(
      'The address of an OpenTelemetry collector that gets these records too (OTLP, HTTP, JSON). Empty: none.',
    ),
  firstRun: z.boolean().describe('Show set-up in the window while no cluster is known.'),
  favouritesOrder: z.enum(['own', 'name']).describe("The order of favourites: the user's own, or by name."),
  theme: z
    .enum(['system', 'light', 'dark'])
    .describe("The window's colours: those of the system, or always light or dark."),
  listGroup: z
    .enum(['account', 'environment', 'cloud', 'group', 'none'])
    .describe('How the window groups the other clusters; `group` is the tag.'),
  terminal: z
    .array(z.string().min(1))
    .describe(
      "The terminal app in which the window opens shells, with its arguments, to which the command is appended. Empty: the system's.",
    ),
  extraAuthorities: z
    .string()
    .describe(
      "A PEM file of additional CA certificates to trust besides the system's. Read when the agent starts.",
    ),
  environmentFile: z
    .string()
    .describe(
      "A file of `NAME=VALUE` lines for the desktop app's environment, over that of the login shell. Read when the app starts.",
    ),
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
