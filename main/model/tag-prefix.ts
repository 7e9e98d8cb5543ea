/** The default prefix of our tag keys. An organisation may set another. */
export const defaultTagPrefix = 'k8s-tunnels-';
