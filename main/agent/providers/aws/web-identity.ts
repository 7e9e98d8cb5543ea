import { readFile } from 'node:fs/promises';
import type { AwsCredentialIdentity } from '@smithy/types';
import { unreadable } from '../../storage/unreadable.ts';

/**
 * Assumes a role with the web identity token in a file. Rejects with `file-unreadable`, or with the SDK's error. The SDK
 * reads the file too, but its error for a missing one looks like that of a network.
 */
export async function webIdentityCredentials(options: {
  readonly file: string;
  readonly role: string;
  readonly sessionName: string | undefined;
  /** What names the file: a variable or a setting. */
  readonly origin: string;
  readonly clientConfig: object;
}): Promise<AwsCredentialIdentity> {
  const { file, role, sessionName, origin, clientConfig } = options;
  const token = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unreadable(file, cause, {
      hint: `Correct ${origin}, or let the program that writes it do so again.`,
    });
  });
  const { fromWebToken } = await import('@aws-sdk/credential-providers');
  return fromWebToken({
    webIdentityToken: token.trim(),
    roleArn: role,
    roleSessionName: sessionName || 'k8s-tunnels',
    clientConfig,
  })();
}
