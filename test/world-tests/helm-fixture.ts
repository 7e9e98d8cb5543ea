import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

/** `K8S_TUNNELS_HELM`, else the one on PATH. */
export const helmProgram = process.env.K8S_TUNNELS_HELM || 'helm';
const found = await execa(helmProgram, ['version', '--short'], { reject: false });
export const whyNoHelm =
  found.exitCode === 0 ? undefined : 'helm is not on PATH, and K8S_TUNNELS_HELM does not name one';

/** A chart of three objects; answers its folder. */
export async function writeChart(folder: string): Promise<string> {
  const chart = path.join(folder, 'tiny');
  await mkdir(path.join(chart, 'templates'), { recursive: true });
  const files = {
    'Chart.yaml': 'apiVersion: v2\nname: tiny\nversion: 0.1.0\nappVersion: "1.0"\n',
    'values.yaml': 'colour: red\n',
    'templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  colour: {{ .Values.colour }}
`,
    'templates/service.yaml': `apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: { app: {{ .Release.Name }} }
  ports: [{ port: 80, targetPort: 8080 }]
`,
    'templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }} } }
    spec: { containers: [{ name: app, image: "registry.acme.example/app:1.0.0" }] }
`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(chart, name), text);
  return chart;
}
