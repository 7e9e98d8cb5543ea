import { randomBytes } from 'node:crypto';
import { givenOut } from '../given-out.ts';
import type { AccessApplication, Plan } from '../plan.ts';

/** The applications of the organisation and who may pass; the policies can change while the world runs. */
export interface Policies {
  find(hostname: string): AccessApplication | undefined;
  /** By person, by group and by what the person's device fails. */
  admits(application: AccessApplication, email: string): boolean;
  groupsOf(email: string): readonly string[];
  /** Ids of the posture rules that the person's device fails now. */
  failing(email: string): readonly string[];
  setFailing(email: string, rules: readonly string[]): void;
  setGroups(email: string, groups: readonly string[]): void;
  /** Everyone who can sign in when `emails` is undefined. Holds for the next request, tokens issued or not. */
  set(hostname: string, emails: readonly string[] | undefined): void;
  /** Good for the named applications, for all when left out. */
  addServiceToken(hostnames?: readonly string[]): ServiceToken;
  /** As the API's `rotate`: a new secret for the same Client ID; the old one is refused from then on, or from the end given. */
  rotateServiceToken(clientId: string, options?: { readonly previousUntil?: number }): ServiceToken;
  admitsService(application: AccessApplication, token: ServiceToken): boolean;
  /** The secrets that clients have shown, in their order. */
  readonly shownSecrets: readonly string[];
}

export interface ServiceToken {
  readonly clientId: string;
  readonly clientSecret: string;
}

interface KnownService {
  readonly secret: string;
  readonly previous?: { readonly secret: string; readonly until: number };
  readonly hostnames?: readonly string[];
}

const newSecret = () => givenOut(randomBytes(32).toString('hex'), 'service token of Access');

export function createPolicies(plan: Plan): Policies {
  const changed = new Map<string, readonly string[] | undefined>();
  const groups = new Map(plan.people.map((person) => [person.email, person.groups ?? []]));
  const fails = new Map(plan.people.map((person) => [person.email, person.fails ?? []]));
  const services = new Map<string, KnownService>();
  const shownSecrets: string[] = [];
  return {
    shownSecrets,
    find: (hostname) =>
      plan.applications.find((application) => application.hostname === hostname.toLowerCase()),
    admits(application, email) {
      const { hostname } = application;
      const emails = changed.has(hostname) ? changed.get(hostname) : application.admits;
      const isNamed = emails === undefined || emails.includes(email);
      const isMember = application.groups?.some((one) => groups.get(email)?.includes(one)) ?? true;
      const isSound = !application.posture?.some((rule) => fails.get(email)?.includes(rule));
      return application.serviceAuth !== true && isNamed && isMember && isSound;
    },
    groupsOf: (email) => groups.get(email) ?? [],
    failing: (email) => fails.get(email) ?? [],
    setFailing: (email, rules) => {
      fails.set(email, rules);
    },
    setGroups: (email, names) => {
      groups.set(email, names);
    },
    set: (hostname, emails) => {
      changed.set(hostname, emails);
    },
    addServiceToken(hostnames) {
      const token = {
        clientId: `${randomBytes(16).toString('hex')}.access`,
        clientSecret: newSecret(),
      };
      services.set(token.clientId, {
        secret: token.clientSecret,
        ...(hostnames === undefined ? {} : { hostnames }),
      });
      return token;
    },
    rotateServiceToken(clientId, { previousUntil: until = 0 } = {}) {
      const known = services.get(clientId);
      if (known === undefined) throw new Error(`there is no service token ${clientId}`);
      const secret = newSecret();
      services.set(clientId, { ...known, secret, previous: { secret: known.secret, until } });
      return { clientId, clientSecret: secret };
    },
    admitsService(application, { clientId, clientSecret }) {
      shownSecrets.push(clientSecret);
      const { secret, previous, hostnames } = services.get(clientId) ?? {};
      const isPrevious = previous?.secret === clientSecret && Date.now() < previous.until;
      return (secret === clientSecret || isPrevious) && (hostnames?.includes(application.hostname) ?? true);
    },
  };
}
