import { release, type } from 'node:os';
import { type Environment, systemClock } from '../../agent/parts.ts';
import { pathsFrom } from '../../agent/paths.ts';
import { version } from '../../agent/version.ts';
import type { PlainError } from '../../model/app-error.ts';
import { workingFolder } from '../caller-environment.ts';
import { reachRunning } from '../doctor/probes/agent.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { packageFolder, programCommand } from '../program-file.ts';
import { writeLines } from '../report.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';
import { printable } from '../terminal.ts';
import type { InstalledProgram, Inventory } from './document.ts';
import { organisationAtRest } from './organisation.ts';
import { findInstalled } from './programs.ts';

/**
 * Prints the version, or with `all` the versions of what is installed and runs. Starts no agent. Resolves with the exit code, 0
 * without an agent too.
 */
export async function runVersion({
  json,
  all,
}: {
  readonly json: boolean;
  readonly all: boolean;
}): Promise<number> {
  if (!all) {
    if (json) writeJson({ version });
    else writeLines([version]);
    return exitCodes.ok;
  }
  const { command, args } = programCommand();
  const [program = command] = args;
  const inventory = await takeInventory({ env: process.env, program, packageFolder: packageFolder() });
  if (json) writeJson(inventory);
  else writeLines(inventoryLines(inventory, systemClock.now()));
  return exitCodes.ok;
}

async function takeInventory(given: {
  readonly env: Environment;
  readonly program: string;
  readonly packageFolder: string | undefined;
}): Promise<Inventory> {
  const { env, program, packageFolder } = given;
  const paths = pathsFrom(env);
  const { platform, arch } = process;
  const asked = { env, home: paths.home, cwd: workingFolder(), platform, packageFolder };
  const [{ agent, client }, installed, organisation] = await Promise.all([
    reachRunning(paths),
    findInstalled(asked),
    organisationAtRest(env, paths.config),
  ]);
  client?.close();
  return {
    version,
    path: program,
    node: process.versions.node,
    system: { platform, name: type(), release: release(), arch },
    agent: agentOf(agent),
    ...installed,
    organisation,
  };
}

function agentOf(agent: Awaited<ReturnType<typeof reachRunning>>['agent']): Inventory['agent'] {
  switch (agent.status) {
    case 'none':
      return null;
    case 'failed':
      return { error: agent.error };
    case 'running': {
      const { startedAt, signIns, runtime } = agent.snapshot.agent;
      return {
        version: agent.version,
        pid: agent.pid,
        startedAt,
        host: signIns === 'headless' ? 'headless' : 'app',
        node: runtime?.node ?? null,
        electron: runtime?.electron ?? null,
      };
    }
  }
}

/** Formats the inventory as a line for each part. `now` is in ms since the epoch. */
export function inventoryLines(inventory: Inventory, now: number): readonly string[] {
  const { system, agent, app, cloudflared, kubectl, organisation } = inventory;
  const none = 'none';
  const program = (one: InstalledProgram | null) =>
    one === null ? none : `${one.version ?? 'version unknown'}  ${one.path}`;
  const rows: readonly (readonly [string, string])[] = [
    ['command line', `${inventory.version}  ${inventory.path} (Node ${inventory.node})`],
    ['agent', agent === null ? none : 'error' in agent ? problem(agent.error) : agentText(agent, now)],
    ['desktop app', program(app)],
    ['cloudflared', program(cloudflared.package)],
    ['cloudflared on PATH', program(cloudflared.onPath)],
    ['kubectl', program(kubectl)],
    [
      'organisation',
      organisation === null
        ? none
        : 'error' in organisation
          ? problem(organisation.error)
          : `${organisation.name}, ${organisation.revision === null ? 'no revision' : `revision ${organisation.revision}`}, ${organisation.managed ? 'managed' : 'set up'} from ${organisation.from}`,
    ],
    ['system', `${system.name} ${system.release} (${system.platform} ${system.arch})`],
  ];
  return table(rows.map((row) => row.map(printable)));
}

function agentText(agent: Exclude<Inventory['agent'], null | { error: PlainError }>, now: number): string {
  const runtime = agent.electron === null ? agent.node && `Node ${agent.node}` : `Electron ${agent.electron}`;
  const where = agent.host === 'app' ? 'in the desktop app' : 'headless';
  const parts = [`process ${agent.pid}`, where, runtime, `up ${span(now - agent.startedAt)}`];
  return `${agent.version}  ${parts.filter(Boolean).join(', ')}`;
}

function problem({ message, hint = '' }: PlainError): string {
  return `${message} ${hint}`.trim();
}
