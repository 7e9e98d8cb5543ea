import type { AwsCredentialIdentity } from '@smithy/types';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import type { Environment } from '../../parts.ts';
import { lastWords, programLimitMs, runProgram } from '../../processes/run-program.ts';

/** The `credential_process` of a profile, or of the profile with which it assumes its role. */
export interface AwsProcess {
  /** The profile that names the process. */
  readonly profile: string;
  /** A command line for the system's shell; may hold secrets. */
  readonly command: string;
}

/** The AWS CLI and the SDKs take null and an empty text for a field that is not there: programs print them for long-lived keys. */
const absent = z
  .string()
  .nullish()
  .transform((text) => text || undefined);
/** The format that the AWS CLI documents ("Sourcing credentials with an external process"). */
const answerSchema = z.object({
  Version: z.literal(1),
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  SessionToken: absent,
  Expiration: absent,
  AccountId: absent,
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
