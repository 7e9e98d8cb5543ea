import { stat } from 'node:fs/promises';
import path from 'node:path';
import { kubectlHome } from '../../agent/kubeconfig/kubectl-home.ts';
import type { WorkerScript } from '../../agent/kubeconfig/planner.ts';
import { systemClock } from '../../agent/parts.ts';
import { pathsFrom } from '../../agent/paths.ts';
import type { Client } from '../../api/socket/client.ts';
import { AppError } from '../../model/app-error.ts';
import { workingFolder } from '../caller-environment.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { startProgress } from '../progress.ts';
import { writeAside, writeLines } from '../report.ts';
import { clientReports } from './checks/clients.ts';
import { diagnose } from './diagnose.ts';
import { doctorDocument } from './document.ts';
import { applyFixes } from './fixes.ts';
import { gather } from './gather.ts';
import { reportLines, summary } from './lines.ts';
import { readKubeconfigs } from './probes/kubeconfig.ts';

/**
 * Checks this computer, and prints what is wrong and how to fix it. With `fix`, fixes first what is safe to fix. Starts no
 * agent and no login. Resolves with the exit code, and with true if a probe is still running. Rejects with `bad-input` if
 * there is no such folder.
 */
export async function runDoctor(options: {
  readonly json: boolean;
  readonly fix: boolean;
  readonly folder: string | undefined;
  readonly worker: WorkerScript | undefined;
}): Promise<{ readonly code: number; readonly isLate: boolean }> {
  const { json, fix, folder = '.', worker } = options;
  const { env } = process;
  const paths = pathsFrom(env);
  const cwd = workingFolder();
  const where = path.resolve(cwd, folder);
  if ((await stat(where).catch(() => undefined))?.isDirectory() !== true)
    throw new AppError('bad-input', `${where} is not a folder.`, { hint: 'Name the folder of a project.' });
  const progress = startProgress();
  progress.update('Checking this computer');
  const source = { kubeconfig: env.KUBECONFIG, cwd, home: kubectlHome(env, paths.home) };
  const { facts, client } = await gather({
    env,
    paths,
    source,
    folder: where,
    clock: systemClock,
    worker,
  });
  try {
    const found = diagnose(facts, Date.now());
    const { fixed, left: findings } = fix
      ? await applyFixes(found, () => repair(client, { source, state: paths.state, worker }))
      : { fixed: [], left: found };
    const report = { clients: clientReports(facts), fixed, findings };
    progress.end();
    if (json) writeJson(doctorDocument(facts, report));
    else {
      writeLines(reportLines(report));
      writeAside([summary(report)]);
    }
    const isWrong = findings.some(({ severity }) => severity !== 'info');
    return { code: isWrong ? exitCodes.findings : exitCodes.ok, isLate: facts.late.length > 0 };
  } finally {
    progress.end();
    client?.close();
  }
}

/** Lets the agent write its entries again, and resolves with the clusters whose entries are whole then. */
async function repair(
  client: Client | undefined,
  where: Parameters<typeof readKubeconfigs>[0],
): Promise<ReadonlySet<string>> {
  await client?.call('kubeconfig-repair', {});
  const { entries } = await readKubeconfigs(where);
  const whole = entries.filter((one) => one.status === 'intact' && one.missingProgram === undefined);
  return new Set(whole.map(({ id }) => id));
}
