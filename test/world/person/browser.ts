/**
 * A person in front of a browser: `node browser.ts URL` opens the URL, follows it, fills in the login form that it
 * meets, and exits 0 on the page that asks for nothing more. What `BROWSER` or `xdg-open` leads to in the world.
 * Settings: `HTTPS_PROXY`, `NODE_EXTRA_CA_CERTS`, and those named in `wrapper.ts`.
 */
import { appendFileSync } from 'node:fs';
import http from 'node:http';
import { pathToFileURL } from 'node:url';
import type { Person } from '../plan.ts';
import { type CookieJar, openCookieJar } from './cookie-jar.ts';
import { findForm, heading } from './form.ts';
import { ledTo, refreshIn } from './led-to.ts';

const maxSteps = 60;

/** `fetch`, or what takes its place. */
export type Send = (
  url: URL,
  options: {
    readonly redirect: 'manual';
    readonly headers: Record<string, string>;
    readonly method?: 'POST';
    readonly body?: URLSearchParams;
  },
) => Promise<Response>;

/** Where the visit ended. Rejects where the person cannot get on: a refused login, an error page, a circle. */
export async function visit(
  address: string,
  person: Person,
  jar: CookieJar,
  send: Send = fetch,
): Promise<string> {
  let url = new URL(address);
  let submitted: URLSearchParams | undefined;
  let signedIn = false;
  for (let step = 0; step < maxSteps; step += 1) {
    const answer = await send(url, {
      redirect: 'manual',
      headers: { cookie: jar.header(url.host), accept: 'text/html', 'user-agent': 'Mozilla/5.0 (person)' },
      ...(submitted === undefined ? {} : { method: 'POST' as const, body: submitted }),
    });
    jar.keep(url.host, answer.headers.getSetCookie());
    const html = await answer.text();
    const location = answer.headers.get('location');
    submitted = undefined;
    if (answer.status >= 300 && answer.status < 400 && location !== null) {
      url = new URL(location, url);
      continue;
    }
    if (!answer.ok) throw new Error(`${url.host} answered ${answer.status}: ${heading(html)}`);
    const form = findForm(html);
    const next = refreshIn(html);
    if (next !== undefined) {
      url = new URL(next);
      signedIn = false;
      continue;
    }
    if (form === undefined) return `${url.host}${url.pathname}`;
    // Without a password it is a question whether the person consents.
    const asksLogin = form.fields.some(({ type }) => type === 'password');
    if (signedIn && asksLogin) throw new Error(`${url.host} asks for the login again`);
    const answers: Readonly<Record<string, string>> = { email: person.email, password: person.password };
    const filled = new URLSearchParams(
      form.fields.map(({ name, type, value }) => {
        // Providers that take any name ask for a text.
        const answer = name === 'login' ? person.email : answers[type];
        return [name, answer ?? value] as [string, string];
      }),
    );
    url = new URL(form.action, url);
    if (form.method === 'POST') submitted = filled;
    else url.search = filled.toString();
    signedIn ||= asksLogin;
  }
  throw new Error(`${url.host} leads in a circle`);
}

async function main(): Promise<void> {
  const { env } = process;
  const given = process.argv[2];
  if (given === undefined) throw new Error('usage: browser.ts URL');
  const address = ledTo(given);
  const { host, pathname } = new URL(address);
  if (env.WORLD_PERSON_LOG !== undefined) appendFileSync(env.WORLD_PERSON_LOG, `${host}${pathname}\n`);
  if (env.WORLD_PERSON === 'absent') return;
  const { WORLD_PERSON_EMAIL: email, WORLD_PERSON_PASSWORD: password, WORLD_PERSON_JAR: jar } = env;
  if (email === undefined || password === undefined || jar === undefined)
    throw new Error('WORLD_PERSON_EMAIL, WORLD_PERSON_PASSWORD and WORLD_PERSON_JAR are needed');
  http.setGlobalProxyFromEnv(env);
  console.log(`signed in at ${await visit(address, { email, password }, openCookieJar(jar))}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
