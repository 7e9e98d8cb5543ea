import { z } from 'zod';
import { portalIn } from './aws-portals.ts';

/** Every setting a person can change. */
export const settingsSchema = z.object({
  /** Whether connecting also makes the first cluster kubectl's current context. */
  kubeconfigMode: z.enum(['switch', 'add']),
  /** Whether a cluster's entry stays in the kubeconfig when it is disconnected, and opens it again when it is used. */
  keepEntries: z.boolean(),
  /** Whether kubectl's call for a credential starts the agent where none runs; else it makes the credential by itself. */
  credentialStartsAgent: z.boolean(),
  /** The kubeconfig to edit; the caller's KUBECONFIG, else `~/.kube/config`, when empty. */
  kubeconfigPath: z.string(),
  /** A catalog younger than this is not read again at start. Minutes. */
  catalogMaxAgeMinutes: z.number().int().min(1).max(10_080),
  /** Regions to look for EKS clusters in; the regions that are enabled by default in every account when empty. */
  awsRegions: z.array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-west-1')),
  /** Access portals of IAM Identity Center beside those of the AWS configuration: `region=start URL`. */
  awsPortals: z.array(
    z
      .string()
      .refine(
        (text) => portalIn(text) !== undefined,
        'must be REGION=START_URL, such as eu-west-1=https://acme.awsapps.com/start',
      ),
  ),
  /** KV mounts of Vault that hold clusters: `mount`, or `namespace:mount` in place of VAULT_NAMESPACE. */
  vaultMounts: z.array(z.string().min(1)),
  /** YAML lists of clusters: absolute, below `~/`, or beside the settings. */
  clusterFiles: z.array(z.string().min(1)),
  /** Whether the desktop app starts when the person logs in to the computer. */
  startAtLogin: z.boolean(),
  /** Whether what is open when the agent is told to quit is opened again at its next start. */
  reopenAtStart: z.boolean(),
  /** Whether clusters that a discovery finds for the first time are told of in a notification. */
  notifyNewClusters: z.boolean(),
  /** Whether the window, while no cluster is known, shows what there is to find some with. */
  firstRun: z.boolean(),
  /** How favourites are ordered: as the person put them, or by name. */
  favouritesOrder: z.enum(['own', 'name']),
  /** What the window groups the other clusters by; `group` is the tag. */
  listGroup: z.enum(['account', 'environment', 'cloud', 'group', 'none']),
  /** A PEM file of certificate authorities to trust besides the system's. */
  extraAuthorities: z.string(),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Apart from the schema, so that a change of one setting can be parsed by it too. */
export const defaultSettings: Settings = {
  kubeconfigMode: 'switch',
  keepEntries: true,
  credentialStartsAgent: true,
  kubeconfigPath: '',
  catalogMaxAgeMinutes: 60,
  awsRegions: [],
  awsPortals: [],
  vaultMounts: ['clusters'],
  clusterFiles: [],
  startAtLogin: false,
  reopenAtStart: false,
  notifyNewClusters: false,
  firstRun: true,
  favouritesOrder: 'own',
  listGroup: 'account',
  extraAuthorities: '',
};

export type SettingName = keyof Settings;
export const settingNames = settingsSchema.keyof().options;

/** Who decided a setting's value. */
export const settingsFromSchema = z.record(
  settingsSchema.keyof(),
  z.enum(['organisation', 'user', 'default']),
);
export type SettingsFrom = z.infer<typeof settingsFromSchema>;

/** Nobody decided anything. */
export const defaultSettingsFrom = Object.fromEntries(
  settingNames.map((name) => [name, 'default']),
) as SettingsFrom;
