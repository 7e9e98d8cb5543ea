import { addressOf } from '../agent/tunnels/carrier.ts';
import { startFixture } from '../world-tests/access-fixture.ts';

/** Edge, proxy and origin in a process of their own; prints where they are, and ends when its input does. */
const world = await startFixture({ transferHoldMs: 3_000 });
console.log(JSON.stringify(addressOf(world)));
process.stdin.once('end', () => void world.close().then(() => process.exit(0))).resume();
