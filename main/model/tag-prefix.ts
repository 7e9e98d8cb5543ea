/** What the keys of our tags begin with, where the organisation says nothing else. */
export const usualTagPrefix = 'k8s-tunnels-';
