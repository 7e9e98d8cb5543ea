import type { Output } from '../../../main/api/contract.ts';
import { firstPerson } from '../people.ts';
import { publishCommand } from '../releases/publish-command.ts';
import type { World } from '../world.ts';
import { openApp } from './app.ts';
import type { CommandLine } from './command-line.ts';

/** Opens the app, discovers, prints what to paste into a terminal, and waits for a signal, or for the desktop's end. */
export async function keepRunning(options: {
  readonly world: World;
  readonly commandLine: CommandLine;
}): Promise<void> {
  const { world, commandLine } = options;
  const app = await openApp(world, commandLine);
  const { clusters } = await commandLine.tunnels<Output<'discover'>>('discover');
  const { email, password } = firstPerson(world.plan.people);
  const place =
    app.kind === 'desktop'
      ? 'The app is in the tray, its window open.'
      : `The window, in a browser (${app.reason}); the address opens it once:\n\n  ${app.address}`;
  console.log(`
A made-up organisation with ${clusters} clusters is running in a sandbox; nothing of yours is read or changed.
${place}

When a cluster asks you to sign in:

  ${email}
  ${password}

Paste this into a terminal for kubectl, once a cluster is connected:

  export KUBECONFIG='${world.env.KUBECONFIG}' KUBECACHEDIR='${world.home}/.kube/cache'
  kubectl get namespaces

and this for the command line:

  export PATH='${commandLine.bin}':"$PATH"
  k8s-tunnels list
${
  world.releases === undefined
    ? ''
    : `
and this to publish a release:

  ${publishCommand(world.releases)}
`
}
Ctrl-C here ends it and leaves nothing behind.`);
  if (app.kind === 'desktop') await app.ended;
  else {
    await new Promise(() => {
      // A pending promise keeps nothing alive; the world's servers do.
    });
  }
}
