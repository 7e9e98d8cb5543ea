import { test } from 'vitest';
import { desktopFixture } from '../desktop/desktop-fixture.ts';
import { doMainJob } from './main-job.ts';

const desktop = desktopFixture();

test('the main job, in the double', async (context) => {
  const { start, ...rest } = desktop.of(context);
  await doMainJob({ ...rest, driver: await start() });
});
