import { test } from 'vitest';
import { discoverOnce, startClouds } from './clouds.ts';

test('x', async () => {
  const c = await startClouds();
  const s = c.eks();
  let t = performance.now();
  const r = await discoverOnce(s);
  console.log('cold', performance.now() - t, c.traffic.served.length);
  for (const x of r.results)
    if (x.outcome.kind !== 'listed' || x.outcome.clusters.length)
      console.log(JSON.stringify(x, (k, v) => (k === 'certificateAuthorityData' ? 'CA' : v)));
  c.traffic.reset();
  t = performance.now();
  const r2 = await discoverOnce(s, r.clusters);
  console.log('warm', performance.now() - t, c.traffic.served.length, r2.clusters.length);
  c.traffic.reset();
  const v = c.onPrem();
  t = performance.now();
  const r3 = await discoverOnce(v);
  console.log(
    'vault',
    performance.now() - t,
    c.traffic.served.map((x) => x.operation + ' ' + x.scope),
  );
  for (const x of r3.results)
    console.log(JSON.stringify(x, (k, v) => (k === 'certificateAuthorityData' ? 'CA' : v)));
  await c.close();
});
