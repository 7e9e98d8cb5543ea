import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { version } from '../main/agent/version.ts';
import type { commandHelp } from '../main/cli/command-help.ts';
import { exitCodesHelp } from '../main/cli/exit-codes-help.ts';
import { helpOf } from '../main/cli/help-of.ts';
import { describe } from '../main/cli/program.ts';

const root = path.resolve(import.meta.dirname, '..');
export const manFile = path.join(root, 'docs/k8s-tunnels.1');

/** Returns the manual page, from the definitions that the command line parses its arguments with: man(7). */
export function manPage(): string {
  const program = describe({ json: false, done: () => {} });
  return [
    `.TH K8S-TUNNELS 1 "" "k8s-tunnels ${version}" "User Commands"`,
    '.SH NAME',
    'k8s\\-tunnels \\- find Kubernetes clusters and open tunnels to them through Cloudflare Access',
    '.SH SYNOPSIS',
    '.B k8s\\-tunnels',
    '[\\fICOMMAND\\fR] [\\fIARGUMENTS\\fR]',
    '.SH DESCRIPTION',
    ...program.description().split('\n').map(roff),
    '.SH COMMANDS',
    ...program.commands.flatMap(commandLines),
    '.SH EXIT STATUS',
    '.nf',
    ...exitCodesHelp.split('\n').map(roff),
    '.fi',
    '',
  ].join('\n');
}

function commandLines(command: Command): readonly string[] {
  const help = helpOf(command.name() as keyof typeof commandHelp, 'k8s-tunnels');
  const examples = help.examples.split('\n').slice(2);
  return [
    `.SS ${roff(`k8s-tunnels ${command.name()} ${command.usage()}`)}`,
    roff(command.description()),
    ...command.options.flatMap(({ flags, description }) => [
      '.TP',
      `\\fB${roff(flags)}\\fR`,
      roff(description),
    ]),
    '.PP',
    'Examples:',
    '.PP',
    '.nf',
    '.RS',
    ...examples.map((line) => roff(line.trim())),
    '.RE',
    '.fi',
  ];
}

/** Escapes what roff reads: a backslash, a hyphen that must stay one, and a line that begins like a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}

if (import.meta.main) {
  await writeFile(manFile, manPage());
  console.log(`wrote ${path.relative(process.cwd(), manFile)}`);
}
