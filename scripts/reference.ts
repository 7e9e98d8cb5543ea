import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tagFields } from '../main/agent/catalog/tag-checks.ts';
import { exitCodesHelp } from '../main/cli/exit-codes-help.ts';
import { defaultTagPrefix } from '../main/model/tag-prefix.ts';
import { jsonOutputSchema } from './json-output.ts';
import { configFiles, pathsOf, stateFiles, systems } from './reference/files.ts';
import { organisationRows, settingRows } from './reference/schema.ts';
import { markdownTable } from './reference/table.ts';
import { tagTexts } from './reference/tags.ts';
import { variableGroups } from './reference/variables.ts';

const root = path.resolve(import.meta.dirname, '..');
export const referenceFile = path.join(root, 'docs/reference.md');

const code = (text: string) => `\`${text}\``;

/** Generates docs/reference.md, from the schemas and lists that the product itself uses. */
export function reference(): string {
  return [
    `# Reference

Written by \`node scripts/reference.ts\` from the product's own schemas. Every command with its options and examples is in
[the manual page](k8s-tunnels.1); every error code in [troubleshooting.md](troubleshooting.md#error-codes).`,
    `## Tags

Tags of EKS and AKS, labels of GKE and of fleet memberships, custom metadata of a secret in Vault (fields with KV version 1),
and \`tags\` in a file, there without the prefix. An organisation can have another prefix than \`${defaultTagPrefix}\`
(\`tagPrefix\`). A value that is too long for one tag continues in \`KEY-2\`, \`KEY-3\` and so on.`,
    markdownTable(
      ['tag', 'value'],
      tagFields.map((field) => [code(`${defaultTagPrefix}${field}`), tagTexts[field]]),
    ),
    `## Settings

\`k8s-tunnels settings\` lists them with their values and who decided each; \`k8s-tunnels settings NAME VALUE\` changes one, and
\`k8s-tunnels settings NAME --reset\` gives the default back. The window has most of them. An organisation can set the
defaults and lock them ([the organisation's file](#the-organisations-file)).`,
    markdownTable(['setting', 'in the window', 'type', 'default', 'what it does'], settingRows()),
    `## The organisation's file

YAML. \`[]\` is each item of a list. An unknown field is an error. [organisation.schema.json](../resources/organisation.schema.json)
is its schema for editors, [admin.md](admin.md#4-your-organisations-configuration) explains how to write, sign and host it.`,
    markdownTable(['field', 'type', 'default', 'what it does'], organisationRows()),
    '## Environment variables',
    ...variableGroups.flatMap(({ title, about, rows }) => [
      `### ${title}\n\n${about}`,
      markdownTable(
        ['variable', 'what it does'],
        rows.map(([names, text]) => [names.map(variableText).join(', '), text]),
      ),
    ]),
    `## Files

An agent, its settings and its state belong to one user. On Linux XDG_CONFIG_HOME and XDG_STATE_HOME count.`,
    markdownTable(['', ...Object.values(systems)], folderRows()),
    `Beside these: \`~/.kube/config\` or the files of KUBECONFIG, which it edits; \`~/.aws/sso/cache\` and \`~/.vault-token\`, where AWS and
Vault keep their own sessions; on Linux \`~/.config/autostart/k8s-tunnels.desktop\` with the setting \`startAtLogin\`.`,
    'In the folder of the settings:',
    markdownTable(
      ['file', 'what it has'],
      configFiles.map(([name, text]) => [code(name), text]),
    ),
    `In the folder of the state, which only its user can open (0700). A file that cannot be read is set aside under another
name, with a notice. While no agent runs all of it can be deleted: entries in kubeconfigs that it wrote then stay there.`,
    markdownTable(
      ['file', 'what it has'],
      stateFiles.map(([name, text]) => [code(name), text]),
    ),
    '## Exit codes',
    markdownTable(
      ['code', 'meaning'],
      [...exitCodesHelp.matchAll(/^ {2}(\d+) +(.+)$/gm)].map(([, number = '', text = '']) => [number, text]),
    ),
    `## JSON documents

What a command prints with \`--json\` is described by [json-output.schema.json](json-output.schema.json), by a definition for
each command. Times are ISO 8601. Further fields may be added; none is renamed or removed. A command that fails prints
\`error\`.`,
    markdownTable(['command', 'fields'], documentRows()),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function variableText(name: string): string {
  return name.endsWith('_') ? `${code(`${name}SERVICE`)}` : code(name);
}

function folderRows(): readonly (readonly string[])[] {
  const all = (Object.keys(systems) as (keyof typeof systems)[]).map(pathsOf);
  const row = (what: string, of: (paths: (typeof all)[number]) => string) => [what, ...all.map(of)];
  return [
    row('settings', ({ config }) => code(config)),
    row('state, logs and caches', ({ state }) => code(state)),
    row("the agent's socket or pipe", ({ socket }) => code(socket)),
    row('tokens of Cloudflare Access', ({ cloudflared }) => code(cloudflared)),
    row('managed configuration', ({ managed }) => code(managed)),
    row('files that a configuration may name, below', ({ files }) => files.map(code).join(', ')),
  ];
}

/** Of a definition what the table shows. */
interface Definition {
  readonly properties?: object;
  readonly anyOf?: readonly Definition[];
  readonly oneOf?: readonly Definition[];
}

function fieldsOf({ properties = {}, anyOf = [], oneOf = [] }: Definition): readonly string[] {
  return [...new Set([...Object.keys(properties), ...[...anyOf, ...oneOf].flatMap(fieldsOf)])];
}

function documentRows(): readonly (readonly string[])[] {
  const { $defs } = jsonOutputSchema() as { readonly $defs: Readonly<Record<string, Definition>> };
  return Object.entries($defs).map(([name, definition]) => [
    code(name),
    fieldsOf(definition).map(code).join(', ') || 'each setting by its name',
  ]);
}

if (import.meta.main) {
  await writeFile(referenceFile, reference());
  console.log(`wrote ${path.relative(process.cwd(), referenceFile)}`);
}
