import { request } from 'node:http';
import { ledTo } from '../world/person/led-to.ts';

/** `node opener.ts PORT URL`: the driver's BROWSER, which posts the address to `browsers.ts`. Wine has no `fetch`. */
const [port = '', address = ''] = process.argv.slice(2);
const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
const options = { host: '127.0.0.1', port: Number(port), method: 'POST' };
request(options, ({ statusCode }) => resolve(statusCode))
  .once('error', reject)
  .end(ledTo(address));
process.exitCode = (await promise) === 200 ? 0 : 1;
