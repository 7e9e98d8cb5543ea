import { ledTo } from '../person/led-to.ts';

/** `node opener.ts PORT URL`: what `BROWSER` leads to in the demo. The demo itself, outside the sandbox, opens it. */
const [port, address = ''] = process.argv.slice(2);
const { ok } = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: ledTo(address) });
process.exitCode = ok ? 0 : 1;
