import { connect } from 'node:tls';

/** Whether a server of TLS takes HTTP/2 when it may choose. */
export function speaksHttp2(origin: string, ca: string): Promise<boolean> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
      resolve(socket.alpnProtocol === 'h2');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
