import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureFrom } from '../../../main/agent/tunnels/failure.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { tcpHost } from '../../world-tests/access-fixture.ts';
import { type Rig, startRig } from './rig.ts';

const asked = { interactive: true, signal: new AbortController().signal };

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

describe('an application of another team than the organisation names', () => {
  it('gets no login, and no token that is at hand', async () => {
    const strict = rig.another(undefined, 'globex.cloudflareaccess.com');
    const refusal = {
      code: 'access-foreign-team',
      retryable: false,
      message: `${tcpHost} belongs to the Access team acme.cloudflareaccess.com, not to globex.cloudflareaccess.com of your organisation.`,
    };
    await expect(strict.token(tcpHost, asked)).rejects.toMatchObject(refusal);
    expect(await rig.world.browser.tabs()).toEqual([]);
    expect(rig.logins).toEqual([]);
    await rig.access.token(tcpHost, asked);
    await expect(strict.token(tcpHost, asked)).rejects.toMatchObject(refusal);
    expect(await rig.world.browser.tabs()).toHaveLength(1);
  });

  it('is for an administrator of Access to mend, and no try again helps', () => {
    expect(failureFrom(new AppError('access-foreign-team', 'Foreign.'), 'edge')).toMatchObject({
      stage: 'access',
      mender: 'access-administrator',
      error: { retryable: false },
    });
  });

  it('is reached where it is the one that is named', async () => {
    const ours = rig.another(undefined, 'acme.cloudflareaccess.com');
    expect((await ours.token(tcpHost, asked)).email).toBe('ada@acme.example');
  });
});
