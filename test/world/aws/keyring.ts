import { randomBytes } from 'node:crypto';
import { givenOut } from '../given-out.ts';
import type { Plan } from '../plan.ts';

/** Who a key belongs to, as GetCallerIdentity answers. */
export interface Caller {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
  /** Signed in with a code of an MFA device. */
  readonly hasMfa?: true;
}

export interface Key {
  readonly secretAccessKey: string;
  /** Only a session's key has one, and only with it is the key good. */
  readonly sessionToken?: string;
  readonly expired: boolean;
  /** False for a role whose policies say nothing of EKS. */
  readonly mayUseEks: boolean;
  readonly caller: Caller;
}

/** The credentials of a role session, as Identity Center and AssumeRole give them. */
export interface SessionCredentials {
  readonly account: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The role that a session is one of. */
export interface SessionRole {
  readonly role: string;
  readonly mayUseEks: boolean;
  /** A session of the account's user, with MFA, in place of a role. */
  readonly isOfDevice?: true;
}

const reader = { role: 'AWSReservedSSO_ClusterReader_0123456789abcdef', mayUseEks: true };

/** The access keys of the plan's accounts and the sessions issued since. */
export class Keyring {
  private readonly sessions = new Map<string, SessionCredentials & SessionRole>();
  private readonly expired = new Set<string>();
  /** Codes that every MFA device shows, each accepted once. */
  private readonly codes = new Set(['111111', '222222', '333333']);
  private readonly plan: () => Plan;

  constructor(plan: () => Plan) {
    this.plan = plan;
  }

  find(accessKeyId: string): Key | undefined {
    const session = this.sessions.get(accessKeyId);
    if (session !== undefined) {
      const { role } = session;
      return {
        secretAccessKey: session.secretAccessKey,
        sessionToken: session.sessionToken,
        expired: this.expired.has(accessKeyId),
        mayUseEks: session.mayUseEks,
        caller: {
          account: session.account,
          arn: session.isOfDevice
            ? `arn:aws:iam::${session.account}:user/ada`
            : `arn:aws:sts::${session.account}:assumed-role/${role}/ada@acme.example`,
          userId: `AROAWORLD${session.account.slice(1)}:ada@acme.example`,
          ...(session.isOfDevice ? { hasMfa: true } : {}),
        },
      };
    }
    const account = this.plan().accounts.find((candidate) => candidate.accessKeyId === accessKeyId);
    if (account === undefined) return undefined;
    return {
      secretAccessKey: account.secretAccessKey,
      expired: false,
      mayUseEks: true,
      caller: {
        account: account.id,
        arn: `arn:aws:iam::${account.id}:user/ada`,
        userId: `AIDA${accessKeyId.slice(4)}`,
      },
    };
  }

  issueSession(account: string, role: SessionRole = reader): SessionCredentials {
    const session = {
      account,
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: givenOut(randomBytes(30).toString('base64'), 'secret key of an AWS role'),
      sessionToken: givenOut(randomBytes(300).toString('base64'), 'session token of an AWS role'),
    };
    this.sessions.set(session.accessKeyId, { ...session, ...role });
    return session;
  }

  /** Returns the session of a device's user for one of its codes; undefined for a wrong or used code. */
  takeCode(account: string, serial: string, code: string): SessionCredentials | undefined {
    if (serial !== `arn:aws:iam::${account}:mfa/ada` || !this.codes.delete(code)) return undefined;
    return this.issueSession(account, { role: '', mayUseEks: true, isOfDevice: true });
  }

  /** Ends a session as time would. Twice is the same as once; throws for a key that is no session's. */
  expireSession(accessKeyId: string): void {
    if (!this.sessions.has(accessKeyId)) throw new Error(`No session has the access key ${accessKeyId}`);
    this.expired.add(accessKeyId);
  }
}
