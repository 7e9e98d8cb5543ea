import type { AwsCredentialIdentity } from '@smithy/types';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import type { Environment } from '../../parts.ts';
import { lastWords, programLimitMs, runProgram } from '../../processes/run-program.ts';

type Section = Readonly<Record<string, string | undefined>>;
type Sections = Readonly<Record<string, Section>>;

/** A profile that logs in by a `credential_process`, its own or one of the profile whose role it assumes. */
export interface AwsProcess {
  /** The profile that names the process. */
  readonly profile: string;
  /** A command line for the system's shell; may hold secrets. */
  readonly command: string;
  /** The roles to assume with the process's credentials, in that order. */
  readonly roles: readonly Section[];
}

/**
 * Returns how a profile reaches a `credential_process`, by the SDK's own rules (`@aws-sdk/credential-provider-ini`:
 * `resolveProfileData`); undefined if it logs in otherwise. The SDK would run the process itself: with an open stdin,
 * without a limit, and leaving its children running when it gives up.
 */
export function processOf(name: string, sections: Sections): AwsProcess | undefined {
  const roles: Section[] = [];
  const seen = new Set<string>();
  for (let profile = name; ; ) {
    const section = sections[profile];
    if (section === undefined || seen.has(profile)) return undefined;
    seen.add(profile);
    const { role_arn: role, source_profile: source, credential_source: other } = section;
    const hasKeys = section.aws_access_key_id !== undefined && section.aws_secret_access_key !== undefined;
    if (seen.size > 1 && hasKeys) return undefined;
    if (role !== undefined && source !== undefined && other === undefined) {
      roles.unshift(section);
      profile = source;
      continue;
    }
    if (hasKeys || section.web_identity_token_file !== undefined) return undefined;
    const command = section.credential_process;
    return command === undefined ? undefined : { profile, command, roles };
  }
}

/** The format that the AWS CLI documents ("Sourcing credentials with an external process"). */
const answerSchema = z.object({
  Version: z.literal(1),
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  SessionToken: z.string().optional(),
  Expiration: z.string().optional(),
  AccountId: z.string().optional(),
});

/** Runs the process. Rejects with `aws-failed`, which names it and its last output, or with `cancelled`. */
export async function processCredentials(options: {
  readonly process: AwsProcess;
  readonly env: Environment;
  readonly signal: AbortSignal;
}): Promise<AwsCredentialIdentity> {
  const { env, signal } = options;
  const { profile, command } = options.process;
  const limitMs = programLimitMs(env);
  const end = await runProgram({ command, shell: true, env, limitMs, signal });
  if (end.kind === 'cancelled') throw new AppError('cancelled', 'Discovery was cancelled.');
  const failed = (why: string, line = '') =>
    new AppError(
      'aws-failed',
      `The credential_process of AWS profile ${profile} (${programIn(command)}) ${why}${lastWords(withoutArguments(line, command))}.`,
      { hint: hintFor(profile), retryable: true },
    );
  if (end.kind === 'not-started') throw failed('could not be started');
  if (end.kind === 'too-long') throw failed(`did not end within ${limitMs / 1_000} s`, end.lastLine);
  if (end.kind === 'too-much') throw failed('wrote more than a megabyte', end.lastLine);
  const { exitCode, stdout, lastLine } = end;
  if (exitCode !== 0)
    throw failed(exitCode === undefined ? 'was killed' : `failed with exit code ${exitCode}`, lastLine);
  const answer = answerSchema.safeParse(parse(stdout)).data;
  if (answer === undefined) throw failed('gave no credentials', lastLine);
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId } = answer;
  const expiration = new Date(Expiration ?? '');
  if (Expiration !== undefined && !(expiration.getTime() > Date.now()))
    throw failed('gave credentials that have expired', lastLine);
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
    ...(Expiration === undefined ? {} : { expiration }),
    ...(AccountId === undefined ? {} : { accountId: AccountId }),
  };
}

function hintFor(profile: string): string {
  return `It runs without a terminal, so it cannot ask you anything. Run \`${command`aws sts get-caller-identity --profile ${profile}`}\` to see why.`;
}

/** Returns only the program's name: its arguments may hold secrets. */
function programIn(command: string): string {
  const name = wordsOf(command).find((word) => !isAssignment(word));
  return name?.replace(/^.*[\\/]/, '') || 'a command';
}

/** Removes the arguments: a program may repeat them in its output. */
function withoutArguments(line: string, command: string): string {
  const words = wordsOf(command);
  const program = words.findIndex((word) => !isAssignment(word));
  const hidden = words
    .toSpliced(program, 1)
    .flatMap((word) => [word, word.replace(/^[^=]*=/, '')])
    .filter((word) => word.length > 3);
  // Replace the longest first: one may be part of another.
  return hidden
    .sort((a, b) => b.length - a.length)
    .reduce((text, word) => text.replaceAll(word, '[hidden]'), line);
}

function wordsOf(command: string): readonly string[] {
  const words = command.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  return words.map((word) => word.replace(/^["']|["']$/g, ''));
}

function isAssignment(word: string): boolean {
  return /^\w+=/.test(word);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
