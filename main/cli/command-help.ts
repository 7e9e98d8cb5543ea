/** The line of a command in the list of commands, and the examples of its own `--help`. */
interface Help {
  readonly summary: string;
  /** What the summary has no room for. */
  readonly details?: string;
  readonly examples: readonly string[];
}

/** By the command's name. */
export const commandHelp = {
  list: {
    summary: 'List clusters',
    details: 'With words: only the clusters that match all of them.',
    examples: ['k8s-tunnels list', 'k8s-tunnels list payments production'],
  },
  discover: { summary: 'Refresh the cluster list', examples: ['k8s-tunnels discover'] },
  connect: {
    summary: 'Open tunnels and set the current context',
    details: 'The first cluster becomes the current context, unless it is a production cluster.',
    examples: [
      'k8s-tunnels connect payments-staging search-staging',
      'k8s-tunnels connect ledger-prod --for 30m',
      'k8s-tunnels connect --set backend',
    ],
  },
  disconnect: {
    summary: 'Close tunnels and restore the previous context',
    examples: ['k8s-tunnels disconnect payments-staging', 'k8s-tunnels disconnect --all'],
  },
  remove: {
    summary: 'Remove contexts from kubeconfig',
    details: 'Closes their tunnels too.',
    examples: ['k8s-tunnels remove payments-staging', 'k8s-tunnels remove --all'],
  },
  rotate: {
    summary: 'Replace the passwords of local ports',
    details: 'Updates the kubeconfig.',
    examples: ['k8s-tunnels rotate payments-staging', 'k8s-tunnels rotate --all'],
  },
  kubeconfig: {
    summary: 'Write a separate kubeconfig for one program',
    details: 'Your own kubeconfig stays as it is.',
    examples: [
      'k8s-tunnels kubeconfig payments-staging --for python',
      'k8s-tunnels kubeconfig payments-staging search-staging --for ./clusters.yaml',
    ],
  },
  sets: { summary: 'List saved sets of clusters', examples: ['k8s-tunnels sets'] },
  status: { summary: 'Show tunnels and the current context', examples: ['k8s-tunnels status'] },
  activity: {
    summary: 'Show recent events, the newest last',
    examples: ['k8s-tunnels activity --limit 100'],
  },
  switch: {
    summary: 'Set the current context to a connected cluster',
    details: 'Give - for the previous context.',
    examples: ['k8s-tunnels switch ledger-prod --for 30m', 'k8s-tunnels switch -'],
  },
  tags: {
    summary: 'Show the tags of a cluster, or print commands that change them',
    examples: ['k8s-tunnels tags batch', 'k8s-tunnels tags batch --set hostname=batch.k8s.example.com'],
  },
  'lint-tags': {
    summary: 'Check tags and print fix commands',
    examples: ['k8s-tunnels lint-tags', 'k8s-tunnels lint-tags --source eks --strict'],
  },
  accounts: { summary: 'List sessions and their expiry', examples: ['k8s-tunnels accounts'] },
  login: {
    summary: 'Sign in',
    details: 'Providers: access, aws, gcp, azure, vault, oidc.',
    examples: [
      'k8s-tunnels login --all',
      'k8s-tunnels login aws https://acme.awsapps.com/start --region eu-west-1',
    ],
  },
  logout: {
    summary: 'Sign out and list the sessions that remain',
    examples: ['k8s-tunnels logout access'],
  },
  settings: {
    summary: 'Show or change settings',
    examples: ['k8s-tunnels settings', 'k8s-tunnels settings clusterFiles ~/clusters.yaml'],
  },
  setup: {
    summary: "Configure from your organisation's file or URL",
    details: 'Without a source, shows the current configuration.',
    examples: ['k8s-tunnels setup acme.example', 'k8s-tunnels setup --review'],
  },
  serve: {
    summary: 'Open the window in a browser',
    details: 'Serves until Ctrl-C. Tunnels stay open.',
    examples: ['k8s-tunnels serve', 'k8s-tunnels serve --port 8080 --no-open'],
  },
  credential: {
    summary: 'Print a credential for kubectl',
    details: 'The kubeconfig names this command as exec credential plugin.',
    examples: ['k8s-tunnels credential payments-staging'],
  },
  agent: {
    summary: 'Run the agent in the foreground',
    details: 'Other commands start it automatically.',
    examples: ['k8s-tunnels agent', 'k8s-tunnels agent --idle-exit 30'],
  },
  quit: { summary: 'Close all tunnels and stop the agent', examples: ['k8s-tunnels quit'] },
} as const satisfies Readonly<Record<string, Help>>;

/** The description and the examples of a command, as its `--help` prints them. */
export function helpOf(
  name: keyof typeof commandHelp,
): Record<'summary' | 'description' | 'examples', string> {
  const { summary, details, examples }: Help = commandHelp[name];
  return {
    summary,
    description: details === undefined ? `${summary}.` : `${summary}. ${details}`,
    examples: ['', 'Examples:', ...examples.map((example) => `  ${example}`)].join('\n'),
  };
}
