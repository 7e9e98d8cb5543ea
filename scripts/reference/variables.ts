/** Variables of the environment, and what they do. A name that ends with `_` is continued by the name of a service. */
interface Group {
  readonly title: string;
  readonly about: string;
  readonly rows: readonly (readonly [names: readonly string[], text: string])[];
}

/** Every variable that the product's code reads or sets. `test/docs/reference.test.ts` compares them with the code. */
export const variableGroups: readonly Group[] = [
  {
    title: 'k8s-tunnels',
    about: 'Read by k8s-tunnels alone.',
    rows: [
      [
        ['K8S_TUNNELS_CLOUDFLARED'],
        'The cloudflared to run, where the package has none. Otherwise that of PATH.',
      ],
      [['K8S_TUNNELS_LOG'], 'The level of `agent.log`: `debug`, `info` (default), `warn` or `error`.'],
      [
        ['K8S_TUNNELS_NO_BROWSER'],
        'With any value, no browser is opened: the address to sign in at is printed, and a device code is used where the provider has one.',
      ],
      [['K8S_TUNNELS_PUBLISH_SECRET'], "`publish`: the Worker's `PUBLISH_SECRET`."],
      [
        ['K8S_TUNNELS_CATALOG_KEY'],
        '`publish`: the private key, PKCS #8 in base64 or PEM. `--key-file` takes precedence.',
      ],
      [['K8S_TUNNELS_CATALOG_URL'], "`publish`: the Worker's address, where it is no argument."],
      [
        ['K8S_TUNNELS_ACCESS_CLIENT_ID', 'K8S_TUNNELS_ACCESS_CLIENT_SECRET'],
        '`publish`: the service token with which Access admits CI.',
      ],
    ],
  },
  {
    title: 'Set in a terminal',
    about: 'Set by `shell`, `env` and `exec` for the shell or the command, together with KUBECONFIG.',
    rows: [
      [
        ['K8S_TUNNELS_CONTEXT', 'K8S_TUNNELS_NAMESPACE'],
        'Its cluster, by the name of the context, and its namespace.',
      ],
      [['K8S_TUNNELS_PRODUCTION'], '`1` on a production cluster.'],
      [['K8S_TUNNELS_READ_ONLY'], '`1` with `--read-only`.'],
      [['K8S_TUNNELS_KUBECONFIG_BEFORE'], 'KUBECONFIG as it was, which `env --unset` restores.'],
      [['K8S_TUNNELS_ZDOTDIR'], 'ZDOTDIR as it was, while zsh starts.'],
    ],
  },
  {
    title: 'kubectl and the terminal',
    about: 'As other programs read them.',
    rows: [
      [['KUBECONFIG'], "The caller's kubeconfig: one file, or several in kubectl's form."],
      [['KUBERNETES_EXEC_INFO'], 'What kubectl gives to a credential plugin.'],
      [['NO_COLOR', 'FORCE_COLOR'], 'Colours of the command line: none, or also without a terminal.'],
      [
        ['BROWSER'],
        'The program that opens pages to sign in, or several in a list; it gets the page in the place of `%s`, or as its last argument.',
      ],
      [['SHELL'], 'The shell that `shell` starts, and whose environment the desktop app asks for.'],
      [['TERMINAL'], 'Linux: the terminal app that the window opens, where the setting `terminal` is empty.'],
      [['DISPLAY', 'WAYLAND_DISPLAY'], 'Linux: without either no terminal app is opened.'],
      [['TERM'], 'The desktop app was started from a terminal: its environment is used as it is.'],
      [
        ['ZDOTDIR', 'PROMPT_COMMAND', 'PROMPT_INDICATOR'],
        'Extended for the shell that `shell` starts, so that its prompt names the cluster.',
      ],
      [['DIRENV_IN_ENVRC'], 'Set by direnv: `env` was called in an `.envrc`.'],
      [['VIRTUAL_ENV'], "`doctor` looks for Python's clients there."],
      [['COMP_LINE', 'COMP_POINT'], 'Set by bash while it completes a command.'],
      [['PATH', 'PATHEXT'], 'Where programs are looked for.'],
    ],
  },
  {
    title: 'Network',
    about: 'Read when the agent starts; the lower-case name of a proxy counts first.',
    rows: [
      [['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'], 'The proxy: `http://`, `https://` or `socks5://`.'],
      [['NO_PROXY'], 'Hosts, domains and addresses that are reached without it.'],
      [
        ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'],
        'A PEM file of additional CA certificates. The agent does not start with one that it cannot use.',
      ],
      [
        ['AWS_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_DIR'],
        'Further files or folders of CA certificates, set for other tools. One that cannot be used is a notice.',
      ],
    ],
  },
  {
    title: 'AWS',
    about: 'As in the AWS SDKs.',
    rows: [
      [
        ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'],
        'In place of `~/.aws/config` and `~/.aws/credentials`.',
      ],
      [
        ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'],
        'The profile that signs in, if it reaches the account of the cluster. The first one that is set counts.',
      ],
      [
        [
          'AWS_ACCESS_KEY_ID',
          'AWS_SECRET_ACCESS_KEY',
          'AWS_SESSION_TOKEN',
          'AWS_CREDENTIAL_EXPIRATION',
          'AWS_ACCOUNT_ID',
        ],
        'Keys of a session, as `aws-vault exec` sets them.',
      ],
      [
        ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME'],
        'A role with the token of a workload.',
      ],
      [
        [
          'AWS_CONTAINER_CREDENTIALS_FULL_URI',
          'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
          'AWS_CONTAINER_AUTHORIZATION_TOKEN',
          'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
        ],
        'Credentials of a container.',
      ],
      [['AWS_REGION', 'AWS_DEFAULT_REGION'], 'The region of a login without a profile.'],
      [['AWS_LOGIN_CACHE_DIRECTORY'], 'Where `aws login` keeps its sessions.'],
      [['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_'], 'Other endpoints, for all services or for one.'],
      [['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'], '`true`: these are ignored.'],
    ],
  },
  {
    title: 'Google Cloud',
    about: 'As in the Google Cloud libraries and gcloud.',
    rows: [
      [['GOOGLE_APPLICATION_CREDENTIALS'], 'A file of credentials, which comes before all accounts.'],
      [['GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES'], '`1`: credentials may run the program that they name.'],
      [['GOOGLE_CLOUD_PROJECT', 'CLOUDSDK_CORE_PROJECT'], 'The project, where no project may be listed.'],
      [['GOOGLE_CLOUD_QUOTA_PROJECT'], 'The project that requests are counted for.'],
      [['GOOGLE_CLOUD_UNIVERSE_DOMAIN'], 'Another domain than `googleapis.com`.'],
      [['CLOUDSDK_CONFIG', 'CLOUDSDK_ACTIVE_CONFIG_NAME'], "gcloud's folder, and its configuration."],
      [
        ['CLOUDSDK_AUTH_AUTH_HOST', 'CLOUDSDK_AUTH_TOKEN_HOST', 'CLOUDSDK_API_ENDPOINT_OVERRIDES_'],
        'Other endpoints to sign in at, and of services.',
      ],
    ],
  },
  {
    title: 'Azure',
    about: 'As in the Azure SDKs and the Azure CLI.',
    rows: [
      [['AZURE_TENANT_ID', 'AZURE_CLIENT_ID'], 'An application, with one of the next three.'],
      [['AZURE_CLIENT_SECRET'], 'Its secret.'],
      [['AZURE_CLIENT_CERTIFICATE_PATH', 'AZURE_CLIENT_CERTIFICATE_PASSWORD'], 'Its certificate.'],
      [['AZURE_FEDERATED_TOKEN_FILE'], 'The token of a workload.'],
      [['AZURE_CONFIG_DIR', 'AZD_CONFIG_DIR'], 'In place of `~/.azure` and `~/.azd`.'],
      [['AZURE_AUTHORITY_HOST'], 'The sign-in host of another Azure cloud.'],
    ],
  },
  {
    title: 'Vault',
    about: 'As in the command lines of Vault and OpenBao.',
    rows: [
      [
        ['BAO_ADDR'],
        'The name that OpenBao gives to `VAULT_ADDR`, and comes before it. Each variable below has such a name too: `BAO_TOKEN`, `BAO_NAMESPACE`.',
      ],
      [['VAULT_ADDR', 'VAULT_NAMESPACE'], 'The server and its namespace.'],
      [['VAULT_TOKEN'], 'A token, which comes before `~/.vault-token`.'],
      [['VAULT_CONFIG_PATH'], 'In place of `~/.vault`, which can name a token helper.'],
      [
        ['VAULT_CACERT', 'VAULT_CACERT_BYTES', 'VAULT_CAPATH'],
        'The CA certificates of the server, and no others.',
      ],
      [['VAULT_CLIENT_CERT', 'VAULT_CLIENT_KEY'], 'A client certificate.'],
      [['VAULT_TLS_SERVER_NAME'], "The name in the server's certificate."],
      [['VAULT_SKIP_VERIFY'], 'Certificates are not checked, where the organisation allows it.'],
    ],
  },
  {
    title: 'Folders',
    about: 'Where files are: see [Files](#files).',
    rows: [
      [['HOME', 'USERPROFILE'], "The user's home; USERPROFILE on Windows."],
      [['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'], 'Linux. Relative paths are ignored.'],
      [
        ['APPDATA', 'LOCALAPPDATA', 'ProgramData'],
        'Windows: the folders of settings, of the state and of administrators.',
      ],
      [['HOMEDRIVE', 'HOMEPATH'], 'Windows: where kubectl also looks for `.kube\\config`.'],
      [['ProgramFiles', 'SystemRoot', 'SYSTEMROOT'], 'Windows: folders that only administrators can change.'],
      [['USERDOMAIN'], "Windows: the domain of the user's account."],
      [['APPIMAGE', 'APPDIR'], 'Set by an AppImage: its own file, and where it is mounted.'],
    ],
  },
  {
    title: 'For tests',
    about: 'Not for daily use: they may change with any version.',
    rows: [
      [['K8S_TUNNELS_MANAGED_CONFIG'], 'Another path of the managed configuration.'],
      [['K8S_TUNNELS_RELEASES_EVERY_SECONDS'], 'How often the release feed is asked.'],
      [['K8S_TUNNELS_PROGRAM_LIMIT_SECONDS'], 'A shorter limit for programs that give credentials.'],
    ],
  },
];
