/** The first line of separate kubeconfigs: no other file is overwritten or removed. */
export const separateMark = '# Written by k8s-tunnels for one program. It holds a secret.\n';
