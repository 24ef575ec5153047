/** Where the node says that its kubelet is. Nothing listens there: see proxy-egress.ts. */
export const nodeAddress = { host: '10.243.0.1', port: 10_250 } as const;
