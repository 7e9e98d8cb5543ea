/** The default prefix of our tag keys. An organisation may set another. */
export const usualTagPrefix = 'k8s-tunnels-';
