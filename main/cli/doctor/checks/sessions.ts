import type { Account } from '../../../model/account.ts';
import { accountTitle } from '../../commands/accounts.ts';
import { loginCommand } from '../../login-command.ts';
import { span } from '../../span.ts';
import type { Facts } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';

/** Checks the sessions of the caller, and where they are stored. Signs in to nothing. */
export function checkSessions({ accounts, agent }: Facts, now: number): readonly Finding[] {
  const findings =
    accounts === undefined
      ? []
      : 'error' in accounts
        ? [
            finding('sessions-unread', {
              subject: 'sessions',
              reason: accounts.error.message,
              fix: accounts.error.hint ?? 'k8s-tunnels accounts',
            }),
          ]
        : accounts.flatMap((account) => checkAccount(account, now));
  if (agent?.status !== 'running' || agent.snapshot.agent.signIns !== 'no-keychain') return findings;
  return [
    ...findings,
    finding('sessions-unsealed', {
      subject: 'keychain',
      reason:
        'The app found no keychain: your sessions are files that only your account can read, and are not sealed.',
      fix: 'Unlock your keychain, allow k8s-tunnels to use it, and start the app again.',
    }),
  ];
}

function checkAccount(account: Account, now: number): readonly Finding[] {
  const { status, endsAt, needed, blocked, ours } = account;
  const subject = accountTitle(account);
  const fix =
    blocked ?? (ours ? loginCommand(account) : `Sign in with the tool that manages it (${account.store}).`);
  switch (status) {
    case 'signed-in':
      return [];
    case 'ended':
      return [
        finding('session-ended', {
          subject,
          reason:
            endsAt === undefined || endsAt > now
              ? 'Your session has ended.'
              : `Your session ended ${span(now - endsAt)} ago.`,
          fix,
        }),
      ];
    case 'signed-out':
      if (needed !== true) return [];
      return [
        finding('session-missing', {
          subject,
          reason: 'You are not signed in, and your configuration needs it to find clusters.',
          fix,
        }),
      ];
  }
}
