/** The line of a command in the list of commands, and the examples of its own `--help`. */
export interface Help {
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
      'k8s-tunnels connect payments-staging --dry-run',
    ],
  },
  resume: {
    summary: 'Connect what was connected before',
    details:
      'The clusters that were connected when you last stopped, signed out or disconnected all. Signs in to what they need, one login after another; asks first if one is a production cluster.',
    examples: ['k8s-tunnels resume', 'k8s-tunnels resume --dry-run'],
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
  sets: {
    summary: 'List and change sets of clusters',
    details:
      'save creates a set or replaces it, add and remove change its clusters, rename its name, and delete deletes it. link prints a link that proposes the set to another user, who follows it in the desktop app or saves it here. Sets of your organisation are listed too.',
    examples: [
      'k8s-tunnels sets',
      'k8s-tunnels sets save backend payments-staging search-staging',
      'k8s-tunnels sets add backend ledger-staging',
      'k8s-tunnels sets link backend',
      "k8s-tunnels sets save 'k8s-tunnels://set?name=backend&cluster=payments-staging'",
    ],
  },
  favourites: {
    summary: 'List and change favourites',
    examples: [
      'k8s-tunnels favourites',
      'k8s-tunnels favourites add payments-staging',
      'k8s-tunnels favourites remove payments-staging',
    ],
  },
  status: { summary: 'Show tunnels and the current context', examples: ['k8s-tunnels status'] },
  activity: {
    summary: 'Show recent events, the newest last',
    examples: ['k8s-tunnels activity --limit 100'],
  },
  audit: {
    summary: 'Show requests through local TLS proxies, the newest last',
    details:
      'Records clusters with the entry form tls and read-only kubeconfigs, on this computer alone. With --follow and --json: one JSON document for each request.',
    examples: ['k8s-tunnels audit --refused', 'k8s-tunnels audit --cluster payments-staging --follow'],
  },
  contexts: {
    summary: 'List the contexts of the kubeconfig',
    examples: ['k8s-tunnels contexts', 'k8s-tunnels contexts -o name'],
  },
  kubeconfig: {
    summary: 'Show or undo changes of the kubeconfig, or write a separate one',
    details:
      'history lists what k8s-tunnels changed, diff shows an edit (the latest without one), undo takes it back. With --for, writes a separate kubeconfig for one program; with --container, one for a container, with what it needs to reach the clusters. Your own stays as it is. end makes a separate kubeconfig useless.',
    examples: [
      'k8s-tunnels kubeconfig history',
      'k8s-tunnels kubeconfig diff',
      'k8s-tunnels kubeconfig undo',
      'k8s-tunnels kubeconfig payments-staging --for python',
      'k8s-tunnels kubeconfig payments-staging search-staging --for ./clusters.yaml',
      'k8s-tunnels kubeconfig payments-staging --container ~/containers/payments',
      'k8s-tunnels kubeconfig end ~/containers/payments',
    ],
  },
  relay: {
    summary: 'Pass the connections of a container on to the agent of the computer',
    details:
      'Runs in a container, with the folder that kubeconfig --container has written. Serves until Ctrl-C; with a command after --, runs it and ends with it.',
    examples: [
      'k8s-tunnels relay /k8s-tunnels',
      'k8s-tunnels relay /k8s-tunnels --host host.docker.internal',
    ],
  },
  switch: {
    summary: 'Set the current context',
    details:
      'Give a connected cluster, an on-demand context (which is opened), any other context of the kubeconfig, or - for the previous context.',
    examples: ['k8s-tunnels switch ledger-prod --for 30m', 'k8s-tunnels switch -'],
  },
  unlock: {
    summary: 'Write to a production cluster for a time',
    details:
      'For production clusters that open read-only. Asks you to confirm, in the desktop app or here. The reason is kept in the activity. Ends when the time is up, and with a disconnect, a sign-out or the agent.',
    examples: ['k8s-tunnels unlock ledger-prod --reason "INC-4711: restart the ledger" --for 15m'],
  },
  lock: {
    summary: 'End an unlock of production clusters',
    details: 'Ends what still runs because of it, such as kubectl exec.',
    examples: ['k8s-tunnels lock ledger-prod', 'k8s-tunnels lock --all'],
  },
  shell: {
    summary: 'Open a shell on one cluster',
    details: 'It has a kubeconfig of its own: your current context and other terminals stay as they are.',
    examples: ['k8s-tunnels shell payments-staging', 'k8s-tunnels shell ledger-prod -n ledger'],
  },
  env: {
    summary: 'Print variables that set the cluster of the calling shell',
    details:
      'Changes this shell only. fish: k8s-tunnels env CLUSTER | source. PowerShell: k8s-tunnels env CLUSTER | Out-String | Invoke-Expression. nushell: k8s-tunnels env CLUSTER | from json | load-env.',
    examples: ['eval "$(k8s-tunnels env payments-staging)"', 'k8s-tunnels env --unset | source'],
  },
  exec: {
    summary: 'Run a command on clusters',
    details:
      "The command runs once for each cluster, with a kubeconfig of its own. With --sandbox it has no network but this cluster's API, an empty home folder, and the working folder to read. Exit code: the command's if all runs have the same, otherwise 1.",
    examples: [
      'k8s-tunnels exec payments-staging -- kubectl get pods',
      'k8s-tunnels exec --set backend --parallel -- kubectl version',
      'k8s-tunnels exec --read-only --sandbox payments-staging -- kubectl get pods',
    ],
  },
  compare: {
    summary: 'Compare clusters, and the workloads of a namespace',
    details:
      'Prints versions, nodes, images, replicas, restarts, requests and limits side by side, and marks what differs from the first cluster. Kinds: deployment, statefulset, daemonset, cronjob (default: all). Only reads; tunnels that it opens are closed again.',
    examples: [
      'k8s-tunnels compare payments-staging payments-prod',
      'k8s-tunnels compare payments-staging payments-prod deployments -n payments --different',
      'k8s-tunnels compare payments-staging payments-prod -n payments-staging=blue -n payments-prod=green',
    ],
  },
  mcp: {
    summary: 'Serve an AI client with read-only access to clusters',
    details:
      'Speaks the Model Context Protocol on stdin and stdout: an AI client starts it. A production cluster opens only after you allow it in the window or the tray.',
    examples: ['k8s-tunnels mcp'],
  },
  tags: {
    summary: 'Show the tags of a cluster, or print commands that change them',
    examples: ['k8s-tunnels tags batch', 'k8s-tunnels tags batch --set hostname=batch.k8s.example.com'],
  },
  'lint-tags': {
    summary: 'Check tags and print fix commands',
    details: 'Ends with 6 if it found problems, otherwise with 7 if something could not be read.',
    examples: ['k8s-tunnels lint-tags', 'k8s-tunnels lint-tags --source eks --strict'],
  },
  publish: {
    summary: "Publish the organisation's catalog",
    details:
      "For the platform team's CI. Discovers all clusters, signs the ones that changed, and puts them into your Cloudflare Worker, from where the apps of your organisation read those of their groups. Needs K8S_TUNNELS_PUBLISH_SECRET and a signing key. Nothing is published if a location could not be read (exit code 7).",
    examples: [
      'k8s-tunnels publish --new-key catalog.key',
      'k8s-tunnels publish https://catalog.example.com --dry-run',
      'k8s-tunnels publish https://catalog.example.com --untagged everyone',
    ],
  },
  version: {
    summary: 'Print versions',
    details: 'With --all: everything that is installed and runs. Starts no agent.',
    examples: ['k8s-tunnels version --all --json'],
  },
  doctor: {
    summary: 'Check this computer and print how to fix what is wrong',
    details:
      'Looks at the Kubernetes clients of this computer and of the projects in the folder (default: the working folder), the environment, the kubeconfig, the network, the sessions and the agent. Starts no agent and no login.',
    examples: ['k8s-tunnels doctor', 'k8s-tunnels doctor ~/src/payments', 'k8s-tunnels doctor --fix'],
  },
  diagnostics: {
    summary: 'Write an archive for a report of a fault',
    details:
      'Shows what is in it and asks before it writes. It has versions, settings, the state, log and journal of the agent, probes and what doctor finds. Secrets are removed. Starts no agent and no login.',
    examples: [
      'k8s-tunnels diagnostics',
      'k8s-tunnels diagnostics --list',
      'k8s-tunnels diagnostics --yes --output report.tar.gz',
    ],
  },
  metrics: {
    summary: 'Print what the agent measures, as OpenMetrics text',
    details: 'Tunnels, connections, bytes, refusals, requests of local TLS proxies, and the process itself.',
    examples: ['k8s-tunnels metrics'],
  },
  accounts: { summary: 'List sessions and their expiry', examples: ['k8s-tunnels accounts'] },
  login: {
    summary: 'Sign in',
    details: 'Providers: access, aws, gcp, azure, vault, oidc. A Vault is named by its address.',
    examples: [
      'k8s-tunnels login --all',
      'k8s-tunnels login aws https://acme.awsapps.com/start --region eu-west-1',
    ],
  },
  logout: {
    summary: 'Sign out and list the sessions that remain',
    examples: ['k8s-tunnels logout access', 'k8s-tunnels logout --all'],
  },
  settings: {
    summary: 'Show or change settings',
    examples: ['k8s-tunnels settings', 'k8s-tunnels settings clusterFiles ~/clusters.yaml'],
  },
  setup: {
    summary: "Configure from your organisation's file or URL",
    details: 'Without a source, shows the current configuration.',
    examples: ['k8s-tunnels setup acme.example', 'k8s-tunnels setup --check organisation.yaml'],
  },
  serve: {
    summary: 'Open the window in a browser',
    details: 'Serves until Ctrl-C. Tunnels stay open.',
    examples: ['k8s-tunnels serve', 'k8s-tunnels serve --port 8080 --no-open'],
  },
  completion: {
    summary: 'Print the completion script of a shell',
    details: 'Shells: bash, zsh, fish, powershell.',
    examples: [
      'source <(k8s-tunnels completion bash)',
      'k8s-tunnels completion fish > ~/.config/fish/completions/k8s-tunnels.fish',
    ],
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
