import { createHash } from 'node:crypto';
import type { AwsCredentialIdentity } from '@smithy/types';
import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import type { Clock } from '../../parts.ts';
import type { AwsConfiguration, AwsPrincipal } from './profiles.ts';

/**
 * The sessions of MFA devices, in memory only. AWS accepts a code once, so one code gets one session of the device's user
 * (GetSessionToken), with which every role that asks for the device is assumed.
 */
export type AwsMfaSessions = Map<string, AwsCredentialIdentity>;

/** A session that ends sooner is asked for again: a run takes time. */
const marginMs = 5 * 60_000;

/** Returns the devices that profiles ask for, each with the first profile that can use it. */
export function mfaDevices({ profiles }: AwsConfiguration): ReadonlyMap<string, AwsPrincipal> {
  const devices = new Map<string, AwsPrincipal>();
  for (const profile of profiles) {
    const serial = mfaSerialOf(profile);
    if (serial !== undefined && !devices.has(serial)) devices.set(serial, profile);
  }
  return devices;
}

/** Returns the device that a profile asks for; undefined if there is none, or its code cannot be used. */
export function mfaSerialOf({ chain }: Pick<AwsPrincipal, 'chain'>): string | undefined {
  // A session of Identity Center has no device.
  return chain?.source.kind === 'role' ? undefined : chain?.mfaSerial;
}

/** Returns the session of a device while it is valid. */
export function mfaSession(
  sessions: AwsMfaSessions,
  serial: string,
  clock: Pick<Clock, 'now'>,
): AwsCredentialIdentity | undefined {
  const session = sessions.get(serial);
  const endsAt = session?.expiration?.getTime() ?? 0;
  return endsAt - marginMs > clock.now() ? session : undefined;
}

/** Identifies a session without a secret. */
export function mfaStamp(sessions: AwsMfaSessions, serial: string): string {
  const { accessKeyId = 'nobody' } = sessions.get(serial) ?? {};
  return createHash('sha256').update(accessKeyId).digest('hex');
}

/** The error of a profile whose device has no session. */
export function mfaNeeded({ title }: Pick<AwsPrincipal, 'title'>, serial: string): AppError {
  return new AppError('aws-session-expired', `${title} needs a code of your MFA device ${serial}.`, {
    hint: `Run \`${command`k8s-tunnels login aws ${serial}`}\` and enter one code: it serves every profile with this device.`,
    signIn: { provider: 'aws', session: serial },
  });
}
