import { decodeJwt } from 'jose';
import type { TokenEndpointResponse } from 'openid-client';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import { createSerialQueue } from '../../async/serial-queue.ts';
import { createSingleFlight } from '../../async/single-flight.ts';
import type { Network } from '../../network/network.ts';
import type { Clock, Logger } from '../../parts.ts';
import { withPidLock } from '../../processes/with-pid-lock.ts';
import type { SignInFile } from '../../sealing/sign-in-file.ts';
import { jsonFile } from '../../storage/json-file.ts';
import { type OidcIssuer, oidcError, openIssuer, refusalOf, sessionOf } from './issuer.ts';

const heldSchema = z.object({
  idToken: z.string(),
  /** By our own clock, ms since the epoch. */
  expiresAt: z.number(),
  refreshToken: z.string().optional(),
  who: z.string().optional(),
});
export type HeldOidc = z.infer<typeof heldSchema>;

/** How long before expiry a token is renewed, or in the last tenth of a shorter lifetime. */
const marginMs = 60_000;

export interface OidcTokens {
  /**
   * Returns the ID token for an issuer's clusters, renewed by its refresh token. Concurrent callers share one request.
   * Rejects with `credential-failed` if the user must sign in, or a network code.
   */
  idToken(issuer: OidcIssuer): Promise<{ readonly token: string; readonly expiresAt: number }>;
  held(issuer: OidcIssuer): Promise<HeldOidc | undefined>;
  /** Stores the tokens of a login. Rejects with `login-failed` if there is no ID token. */
  keep(issuer: OidcIssuer, answer: TokenEndpointResponse): Promise<void>;
  /** Returns undefined if there was none. */
  forget(issuer: OidcIssuer): Promise<HeldOidc | undefined>;
}

/** Stores the tokens in one file. All methods reject with `login-sealed` if only the desktop app can open it. */
export function createOidcTokens(options: {
  readonly file: SignInFile;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The issuers that clusters name. */
  readonly issuers: () => readonly OidcIssuer[];
}): OidcTokens {
  const { network, clock, logger } = options;
  const file = jsonFile({
    file: options.file.path,
    secret: options.file,
    version: 1,
    schema: z.record(z.string(), heldSchema),
    onUnreadable: (name, reason) =>
      logger.warn('the sessions of OpenID Connect are set aside', { file: name, reason }),
  });
  const renewals = createSingleFlight<string, HeldOidc>();
  /** Changes run one after another: each reads the file again. */
  const inTurn = createSerialQueue();
  const change = <T>(work: (all: Record<string, HeldOidc>) => T): Promise<T> =>
    inTurn(async () => {
      const all = (await file.read()) ?? {};
      const result = work(all);
      await file.write(all);
      return result;
    });

  const personNeeded = (issuer: OidcIssuer): AppError => {
    const session = sessionOf(issuer, options.issuers());
    return new AppError('credential-failed', `You are not signed in to ${session} (any more).`, {
      hint: `Run \`${command`k8s-tunnels login oidc ${session}`}\`.`,
      signIn: { provider: 'oidc', session },
    });
  };

  const keep = async (
    issuer: OidcIssuer,
    answer: TokenEndpointResponse,
    before?: HeldOidc,
  ): Promise<HeldOidc> => {
    const { id_token: idToken, refresh_token: refreshToken = before?.refreshToken } = answer;
    if (idToken === undefined) {
      throw new AppError('login-failed', `${new URL(issuer.issuer).host} gave no id token.`, {
        hint: 'Ask the cluster owner: the client must be allowed the scope openid.',
      });
    }
    const { exp = 0, iat = 0, email, preferred_username: name, sub } = decodeJwt(idToken);
    // Use the lifetime, not the expiry time: our clock may be wrong.
    const lifeMs = Math.max(0, exp - iat) * 1000;
    const who = [email, name, sub].find((one) => typeof one === 'string');
    const held: HeldOidc = {
      idToken,
      expiresAt: clock.now() + lifeMs - Math.min(marginMs, lifeMs / 10),
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(typeof who === 'string' ? { who } : {}),
    };
    await change((all) => {
      all[keyOf(issuer)] = held;
    });
    return held;
  };

  const isValid = ({ expiresAt }: HeldOidc) => expiresAt > clock.now();

  /** Most issuers accept a refresh token once: a second process that sent it too would lose the session. */
  const renew = (issuer: OidcIssuer): Promise<HeldOidc> =>
    withPidLock({ file: `${options.file.path}.lock`, clock }, async () => {
      const current = await held(issuer);
      if (current === undefined) throw personNeeded(issuer);
      return isValid(current) ? current : refresh(issuer, current);
    });

  const refresh = async (issuer: OidcIssuer, held: HeldOidc): Promise<HeldOidc> => {
    if (held.refreshToken === undefined) throw personNeeded(issuer);
    const client = await import('openid-client');
    try {
      const answer = await client.refreshTokenGrant(await openIssuer(network, issuer), held.refreshToken);
      if (answer.id_token !== undefined) return await keep(issuer, answer, held);
    } catch (error) {
      throw isOver(refusalOf(error)) ? personNeeded(issuer) : oidcError(error, issuer);
    }
    // OpenID Connect allows a renewal without an id token (Core, 12.2): some issuers give one at a login only.
    const { refreshToken: _, ...ended } = held;
    await change((all) => {
      all[keyOf(issuer)] = ended;
    });
    throw personNeeded(issuer);
  };

  const held = async (issuer: OidcIssuer) => {
    const all = await inTurn(() => file.read());
    return all?.[keyOf(issuer)];
  };

  return {
    held,
    keep: (issuer, answer) => keep(issuer, answer).then(() => {}),
    async idToken(issuer) {
      const known = await held(issuer);
      if (known === undefined) throw personNeeded(issuer);
      if (isValid(known)) return { token: known.idToken, expiresAt: known.expiresAt };
      if (known.refreshToken === undefined) throw personNeeded(issuer);
      const { idToken: token, expiresAt } = await renewals.share(keyOf(issuer), () => renew(issuer));
      return { token, expiresAt };
    },
    forget: (issuer) =>
      change((all) => {
        const known = all[keyOf(issuer)];
        delete all[keyOf(issuer)];
        return known;
      }),
  };
}

/** A refresh token that has ended: `invalid_grant` by RFC 6749, 5.2; dex answers `invalid_request`. */
function isOver(refusal: string | undefined): boolean {
  return refusal === 'invalid_grant' || refusal === 'invalid_request';
}

function keyOf({ issuer, clientId }: OidcIssuer): string {
  return `${issuer} ${clientId}`;
}
