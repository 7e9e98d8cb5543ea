import type { PlainError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import { listed } from '../../../model/wording.ts';
import type { Facts } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';
import type { OwnFile } from '../probes/own-files.ts';
import { octal } from './kubeconfig.ts';

/** Checks the agent, its files, and the versions of the programs that speak with each other. */
export function checkAgent(facts: Facts): readonly Finding[] {
  const { agent, version, late, failed, ownFiles = [], plugins = [], kubeconfig } = facts;
  return [
    ...late.map((probe) =>
      finding('probe-timeout', {
        subject: probe,
        reason: 'It did not answer in time, so what it would have shown was not checked.',
        fix: 'Run k8s-tunnels doctor again, when this computer is less busy.',
      }),
    ),
    ...failed.map(({ probe, error }) => failedCheck(probe, error)),
    ...(agent === undefined ? [] : ofAgent(agent, version)),
    ...plugins.flatMap(({ command: [program = '', ...args], version: theirs, contexts }) =>
      theirs === version
        ? []
        : [
            finding('plugin-version', {
              subject: [program, ...args].join(' '),
              reason: `${theirs === undefined ? 'It does not say its version' : `It is version ${theirs}`}, and this command line is ${version}. kubectl runs it for the credentials of ${listed(contexts.slice(0, 3), contexts.length)}.`,
              fix: command`k8s-tunnels connect --add ${contexts[0] ?? ''}`,
            }),
          ],
    ),
    ...ownFiles.map(ofFile),
    ...(kubeconfig?.invalid ?? []).map((file) =>
      finding('own-file-invalid', {
        subject: file,
        reason: 'It is not what k8s-tunnels writes, so your contexts are not known from it.',
        fix: 'The agent sets it aside when it starts next, and writes a new one: k8s-tunnels quit, then any command.',
      }),
    ),
  ];
}

/** Reports a probe or a check that failed. */
export function failedCheck(
  subject: string,
  { message, hint = 'Run k8s-tunnels doctor again.' }: PlainError,
): Finding {
  return finding('check-failed', { subject, reason: message, fix: hint });
}

function ofAgent(agent: NonNullable<Facts['agent']>, version: string): readonly Finding[] {
  switch (agent.status) {
    case 'none':
      return [
        finding('agent-not-running', {
          subject: 'agent',
          reason: 'No agent is running: sessions, and whether its ports listen, were not checked.',
          fix: 'k8s-tunnels status starts one.',
        }),
      ];
    case 'failed':
      return [
        finding('agent-unreachable', {
          subject: 'agent',
          reason: agent.error.message,
          fix: agent.error.hint ?? 'k8s-tunnels quit',
        }),
      ];
    case 'running':
      return ofRunning(agent, version);
  }
}

function ofRunning(
  { version: running, pid, snapshot }: Extract<Facts['agent'], { status: 'running' }>,
  version: string,
): readonly Finding[] {
  const { organisation, release } = snapshot;
  return [
    ...(running === version
      ? []
      : [
          finding('agent-version', {
            subject: 'agent',
            reason: `The agent that runs (process ${pid}) is ${running}, and this command line is ${version}.`,
            fix: 'k8s-tunnels quit ends it, and the next command starts the one of this version.',
          }),
        ]),
    ...(release?.isRequired === true
      ? [
          finding('release-required', {
            subject: `k8s-tunnels ${running}`,
            reason: `Your organisation does not support this version any more; ${release.version} is out.`,
            fix: release.url,
          }),
        ]
      : []),
    ...(organisation?.pending === undefined
      ? []
      : [
          finding('organisation-pending', {
            subject: organisation.name,
            reason: `It has a new configuration, which waits for your review: it changes ${listed(organisation.pending.slice(0, 3), organisation.pending.length)}.`,
            fix: 'k8s-tunnels setup --review',
          }),
        ]),
    // Being offline is not a fault of the configuration.
    ...(organisation?.failed === undefined || organisation.failed.error.retryable
      ? []
      : [
          finding('organisation-refused', {
            subject: organisation.name,
            reason: `Its configuration could not be refreshed, so an earlier version stays in effect: ${organisation.failed.error.message}`,
            fix: organisation.failed.error.hint ?? 'k8s-tunnels setup --refresh',
          }),
        ]),
  ];
}

function ofFile(own: OwnFile): Finding {
  const { file } = own;
  if (own.trouble === 'foreign')
    return finding('own-file-foreign', {
      subject: file,
      reason: `It belongs to ${own.owner}, so the agent cannot write it. k8s-tunnels was run with sudo, perhaps.`,
      fix: command`sudo chown -R "$USER" ${file}`,
    });
  return finding('own-file-open', {
    subject: file,
    reason: `Its mode is ${octal(own.mode)}: other accounts of this computer can get at the agent's files.`,
    fix: command`chmod 700 ${file}`,
    remedy: { kind: 'chmod', file, mode: 0o700 },
  });
}
