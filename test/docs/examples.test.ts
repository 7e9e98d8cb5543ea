import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse as parseHcl } from '@cdktf/hcl2json';
import { describe, expect, it } from 'vitest';
import { isSeq, parse, parseDocument } from 'yaml';
import { parseOrganisation } from '../../main/agent/organisation/parse.ts';
import { organisationSchema } from '../../main/model/organisation.ts';
import { blocksOf, root } from './blocks.ts';
import { wrongIngress } from './ingress.ts';
import { isOfKubernetes, type Manifest, manifestsOf, unknownFields, wrongManifest } from './kubernetes.ts';
import { wrongTerraform } from './terraform.ts';

const examples = path.join(root, 'resources/examples');
const read = (file: string) => readFile(path.join(examples, file), 'utf8');
const origins = await readdir(path.join(examples, 'origin'));
const manifests = async (file: string) => manifestsOf(await read(`origin/${file}`));

/** As it stands in the file, for what the schema has found good. */
interface Deployment extends Manifest {
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly securityContext: { readonly runAsNonRoot: boolean };
        readonly volumes?: readonly object[];
        readonly containers: readonly {
          readonly image: string;
          readonly args: readonly string[];
          readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
          readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
          readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
        }[];
      };
    };
  };
}

async function deployment(file: string): Promise<Deployment> {
  const found = (await manifests(file)).find(({ kind }) => kind === 'Deployment');
  if (found === undefined) throw new Error(`${file} has no Deployment`);
  return found as Deployment;
}

describe.each(origins)('origin/%s', (file) => {
  it('is what Kubernetes takes', async () => {
    const all = await manifests(file);
    expect((await Promise.all(all.map(wrongManifest))).filter((one) => one !== undefined)).toEqual([]);
    expect(await unknownFields(all.filter(isOfKubernetes))).toEqual([]);
    const outside = all.filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'k8s-tunnels',
    );
    expect(outside).toEqual([]);
  });
});

it.each(['cloudflared.yaml', 'remotely-managed.yaml'])('the Deployment of %s fits together', async (file) => {
  const { spec } = await deployment(file);
  expect(spec.replicas).toBe(2);
  expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
  expect(spec.template.spec.securityContext.runAsNonRoot).toBe(true);
  const [container] = spec.template.spec.containers;
  expect(container?.image).toMatch(/^cloudflare\/cloudflared:\d{4}\.\d+\.\d+$/);
  expect(container?.readinessProbe.httpGet).toEqual({ path: '/ready', port: 'metrics' });
  expect(container?.ports).toEqual([{ name: 'metrics', containerPort: 2000 }]);
  const mounted = (container?.volumeMounts ?? []).map(({ name }) => name);
  expect((spec.template.spec.volumes ?? []).map((volume) => Object.values(volume)[0])).toEqual(mounted);
});

it('the scraper is let in at the port that cloudflared has, to the pods that it has', async () => {
  const { spec } = await deployment('cloudflared.yaml');
  const { labels } = spec.template.metadata;
  const [port] = spec.template.spec.containers[0]?.ports ?? [];
  const all = await manifests('monitoring.yaml');
  const of = (kind: string) => all.find((one) => one.kind === kind);
  expect(of('NetworkPolicy')).toMatchObject({
    spec: { podSelector: { matchLabels: labels }, ingress: [{ ports: [{ port: port?.containerPort }] }] },
  });
  expect(of('PodMonitor')).toMatchObject({
    spec: { selector: { matchLabels: labels }, podMetricsEndpoints: [{ port: port?.name }] },
  });
});

it('the alerts name what cloudflared and kube-state-metrics serve', async () => {
  const served = [
    // cloudflared 2026.8.2: its /metrics, and `connection/metrics.go` for what is there only after a registration.
    'cloudflared_tunnel_request_errors',
    'cloudflared_tunnel_total_requests',
    'cloudflared_tunnel_tunnel_register_fail',
    'cloudflared_tunnel_tunnel_register_success',
    // kube-state-metrics, docs/metrics/workload/deployment-metrics.md.
    'kube_deployment_spec_replicas',
    'kube_deployment_status_replicas_available',
  ];
  const found = (await manifests('monitoring.yaml')).find(({ kind }) => kind === 'PrometheusRule');
  const { spec } = found as Manifest & {
    readonly spec: { readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[] };
  };
  const expressions = spec.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
  const named = expressions.flatMap((text) => text.match(/\b(?:cloudflared|kube)_\w+/g) ?? []);
  expect([...new Set(named)].sort()).toEqual(served);
});

it.each(['socks', 'tcp'])(
  'what cloudflared publishes by %s is what it takes, and what the document says',
  async (kind) => {
    const [map] = (await manifests(`${kind}.yaml`)) as readonly (Manifest & {
      data: Record<string, string>;
    })[];
    const text = map?.data['config.yaml'] ?? '';
    expect(await wrongIngress(text)).toEqual([]);
    const { ingress, 'credentials-file': credentials } = parse(text) as Record<string, unknown>;
    const told = (await blocksOf('docs/admin.md')).filter((block) => block.kind === 'ingress');
    expect(told.map((block) => parse(block.text).ingress)).toContainEqual(ingress);
    const { spec } = await deployment('cloudflared.yaml');
    const mounts = spec.template.spec.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath);
    expect(mounts).toContain(path.posix.dirname(String(credentials)));
    expect(spec.template.spec.containers[0]?.args).toContain(`${mounts?.[0]}/config.yaml`);
  },
);

it.each(['main.tf', 'policies.tf', 'cluster/main.tf', 'clusters/main.tf', 'clouds/main.tf'])(
  'terraform/%s names what the providers know',
  async (file) => {
    expect(await wrongTerraform(await read(`terraform/${file}`))).toEqual([]);
  },
);

it('the clusters of the document are those of the file, and the tags of its resource those of clouds/main.tf', async () => {
  const blocks = (await blocksOf('docs/admin.md')).filter(({ language }) => language === 'hcl');
  const [locals, resource] = await Promise.all(
    ['payments-staging = {', 'module.clusters.tags'].map((words) =>
      parseHcl('block.tf', blocks.find(({ text }) => text.includes(words))?.text ?? ''),
    ),
  );
  const file = await parseHcl('main.tf', await read('terraform/clusters/main.tf'));
  const of = ({ locals: [found] }: typeof file) => [found.groups, found.clusters['payments-staging']];
  expect(of(locals ?? {})).toEqual(of(file));
  const clouds = await parseHcl('main.tf', await read('terraform/clouds/main.tf'));
  expect(clouds.resource.aws_eks_cluster.payments[0]).toMatchObject(
    resource?.resource.aws_eks_cluster.payments[0],
  );
});

it('a hostname is made behind its application, by hand and by Terraform', async () => {
  const { resource } = await parseHcl('main.tf', await read('terraform/cluster/main.tf'));
  expect(String(resource.cloudflare_dns_record.cluster[0].depends_on)).toContain(
    'cloudflare_zero_trust_access_application.cluster',
  );
  const text = await readFile(path.join(root, 'docs/admin.md'), 'utf8');
  expect(text.indexOf('cloudflared tunnel route dns')).toBeGreaterThan(
    text.indexOf('make the application first'),
  );
});

it('organisation.yaml and clusters.yaml are read by the product’s own parsers', async () => {
  const text = await read('organisation.yaml');
  expect(parseOrganisation(text, 'organisation.yaml').name).toBe('Acme');
  // Every part, as docs/admin.md says.
  const { shape } = organisationSchema;
  expect(new Set(Object.keys(parse(text)))).toEqual(new Set(Object.keys(shape)));
  const list = parseDocument(await read('clusters.yaml'));
  expect(list.errors).toEqual([]);
  expect(isSeq(list.contents)).toBe(true);
});
