import { readFile } from 'node:fs/promises';
import { AppError } from '../../../model/app-error.ts';

/** The addresses of one of the separate clouds, without a trailing slash. */
export interface AzureCloud {
  readonly authority: string;
  readonly resourceManager: string;
}

const publicCloud: AzureCloud = {
  authority: 'https://login.microsoftonline.com',
  resourceManager: 'https://management.azure.com',
};

/** By the Azure CLI's names. */
const clouds: Readonly<Record<string, AzureCloud>> = {
  AzureCloud: publicCloud,
  AzureUSGovernment: {
    authority: 'https://login.microsoftonline.us',
    resourceManager: 'https://management.usgovcloudapi.net',
  },
  AzureChinaCloud: {
    authority: 'https://login.chinacloudapi.cn',
    resourceManager: 'https://management.chinacloudapi.cn',
  },
};

/** Other hosts of the same authorities, which Entra names as aliases (`common/discovery/instance`). */
const aliases: Readonly<Record<string, string>> = {
  'login.partner.microsoftonline.cn': 'login.chinacloudapi.cn',
  'login.usgovcloudapi.net': 'login.microsoftonline.us',
  'login.windows.net': 'login.microsoftonline.com',
};

/**
 * Finds the cloud of `AZURE_AUTHORITY_HOST`, else the one of the Azure CLI's account, which may be registered in
 * `clouds.config` (azure-cli-core: cloud.py). Returns `azure-failed` for a cloud that neither knows: no secret may go to the
 * authority of another one.
 */
export async function findAzureCloud(options: {
  readonly authorityHost: string;
  /** The Azure CLI's name. */
  readonly name: string | undefined;
  /** The Azure CLI's `clouds.config`. */
  readonly file: string;
}): Promise<AzureCloud | AppError> {
  const { authorityHost, name, file } = options;
  const known: Readonly<Record<string, AzureCloud>> = { ...(await registered(file)), ...clouds };
  if (authorityHost !== '') {
    const host = hostOf(authorityHost);
    const found = Object.values(known).find(
      ({ authority }) => hostOf(authority) === (aliases[host ?? ''] ?? host),
    );
    return (
      found ??
      new AppError('azure-failed', `AZURE_AUTHORITY_HOST names a cloud that is not known (${host}).`, {
        hint: `Correct AZURE_AUTHORITY_HOST, unset it, or ${cure(file)}.`,
      })
    );
  }
  if (name === undefined) return publicCloud;
  return (
    known[name] ??
    new AppError(
      'azure-failed',
      `The addresses of the Azure cloud ${name}, which az is set to, are not known.`,
      {
        hint: `Go to another cloud with \`az cloud set\`, or ${cure(file)}.`,
      },
    )
  );
}

const endpoint = /^endpoint_(active_directory|resource_manager)[ \t]*[=:](.*)$/gm;

/** Returns the address without a slash at its end; undefined without TLS. */
function addressIn(text = ''): string | undefined {
  const url = URL.parse(text.trim());
  return url?.protocol === 'https:' ? url.href.replace(/\/$/, '') : undefined;
}

/** A cloud that az knows already cannot be registered, but a section for it counts. */
function cure(file: string): string {
  return `add a section for the cloud to ${file}, with endpoint_active_directory and endpoint_resource_manager as \`az cloud show\` prints them`;
}

function hostOf(text: string): string | undefined {
  return URL.parse(text.includes('://') ? text : `https://${text}`)?.host;
}

/** Reads the clouds of an INI file, a section each. Leaves out those without both addresses. */
async function registered(file: string): Promise<Readonly<Record<string, AzureCloud>>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const sections = text.split(/^\[(.+)\][ \t]*\r?$/m).slice(1);
  const found: [string, AzureCloud][] = [];
  for (let at = 0; at + 1 < sections.length; at += 2) {
    const [name = '', lines = ''] = sections.slice(at, at + 2);
    const values = new Map(Array.from(lines.matchAll(endpoint), ([, key, value = '']) => [key, value]));
    const authority = addressIn(values.get('active_directory'));
    const resourceManager = addressIn(values.get('resource_manager'));
    if (authority !== undefined && resourceManager !== undefined)
      found.push([name, { authority, resourceManager }]);
  }
  return Object.fromEntries(found);
}
