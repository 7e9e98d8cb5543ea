import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogins } from '../../../main/agent/logins/logins.ts';
import { createTab } from '../../../main/agent/logins/tab.ts';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { type Aws, createAws } from '../../../main/agent/providers/aws/aws.ts';
import type { LoginProvider } from '../../../main/agent/providers/login-provider.ts';
import type { Sealer } from '../../../main/agent/sealing/sealer.ts';
import { openSignInFile } from '../../../main/agent/sealing/sign-in-file.ts';
import type { LoginView } from '../../../main/model/account.ts';
import { writeAwsHome } from '../../world/aws/home.ts';
import { type Aws as AwsWorld, startAws } from '../../world/aws/server.ts';
import { firstPerson } from '../../world/people.ts';
import { visit } from '../../world/person/browser.ts';
import { openCookieJar } from '../../world/person/cookie-jar.ts';
import { defaultPlan } from '../../world/plan.ts';
import { Traffic } from '../../world/traffic.ts';
import { certificateAuthorityFor } from '../../world-tests/aws-fixture.ts';
import { skippingClock } from '../skipping-clock.ts';

/** A browser with a person in front of it, and what it was asked to open. */
export function scriptedBrowser(folder: string) {
  const opened: string[] = [];
  const visits: Promise<string>[] = [];
  const browser = {
    opened,
    /** Where each visit ended, once all have. */
    ended: () => Promise.all(visits),
    /** `absent`: a tab that nobody looks at. `missing`: no browser at all. */
    person: 'present' as 'present' | 'absent' | 'missing',
    async open(url: string) {
      if (browser.person === 'missing') throw new Error('no browser');
      opened.push(url);
      if (browser.person === 'absent') return;
      const visiting = visit(
        url,
        firstPerson(defaultPlan.people),
        openCookieJar(path.join(folder, 'cookies.json')),
      );
      visiting.catch(() => {});
      visits.push(visiting);
    },
  };
  return browser;
}

/** What a test of the room stands on: a home, a clock, a browser, and logins of the providers that it names. */
export async function startRig() {
  const home = await mkdtemp(path.join(tmpdir(), 'logins-'));
  const clock = skippingClock();
  const network = createNetwork({});
  const browser = scriptedBrowser(home);
  const seen: (readonly LoginView[])[] = [];
  const env: Record<string, string> = {};
  const off = new Set<LoginProvider['kind']>();
  return {
    home,
    /** What the organisation has switched off. */
    off,
    clock,
    network,
    browser,
    env,
    /** What was shown of waiting sign-ins, each time that it changed. */
    seen,
    logins: (...providers: readonly LoginProvider[]) =>
      createLogins({
        providers,
        clock,
        logger: silentLogger,
        env,
        tab: createTab({ clock, openUrl: (url) => browser.open(url) }),
        offBy: (kind) => (off.has(kind) ? 'Acme' : undefined),
        onChange: (waiting) => void seen.push(waiting),
      }),
    async close() {
      network.reset();
      await rm(home, { recursive: true });
    },
  };
}
export type Rig = Awaited<ReturnType<typeof startRig>>;

/** The world's AWS, and ours on a home that is set up for its Identity Center but not signed in. */
export async function startAwsRig() {
  const rig = await startRig();
  const traffic = new Traffic();
  const world: AwsWorld = await startAws({
    plan: defaultPlan,
    traffic,
    kubeFacts: { certificateAuthorityFor },
  });
  const env = await writeAwsHome({
    home: rig.home,
    plan: defaultPlan,
    url: world.url,
    signIn: world.signIn(),
  });
  await rm(path.join(rig.home, '.aws', 'sso'), { recursive: true });
  Object.assign(rig.env, env);
  const { home, clock, network } = rig;
  const another = (): Aws =>
    createAws({ env, home, network, clock, logger: silentLogger, folder: path.join(home, 'state') });
  return {
    ...rig,
    traffic,
    world,
    aws: another(),
    another,
    cache: path.join(home, '.aws', 'sso', 'cache'),
    async close() {
      await world.close();
      await rig.close();
    },
  };
}

/** A file of ours, as an agent without the desktop keeps it unless it is said otherwise. */
export function signInFile(
  file: string,
  sealer: Sealer = { kind: 'headless' },
  notice: (message: string) => void = () => {},
) {
  return openSignInFile({ path: file, sealer, title: 'Somewhere', login: 'login somewhere', notice });
}
