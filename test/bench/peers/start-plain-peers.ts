import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { request as plainRequest } from 'node:http';
import { join } from 'node:path';
import { choosePorts } from '../../cluster/choose-ports.ts';
import { writeKubeconfig } from '../../cluster/write-kubeconfig.ts';
import type { World } from '../world.ts';
import type { Peer } from './peer.ts';

/** Starts one peer on a free port. */
export type StartPeer = (world: World) => Promise<Peer>;

/** TLS in and out, no authentication, one worker: what the machine can do at all. */
export const startNginx: StartPeer = async (world) => {
  const { port, origin } = await chooseAddress('https');
  const { files, upstream, directory } = world;
  const file = join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off;
master_process off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/nginx-error.log error;
events { worker_connections 4096; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/nginx-${name};`).join('\n  ')}
  keepalive_requests 1000000000;
  upstream api { server 127.0.0.1:${upstream.port}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${files.certificate};
    ssl_certificate_key ${files.key};
    ssl_protocols TLSv1.2 TLSv1.3;
    large_client_header_buffers 8 64k;
    location / {
      proxy_pass https://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host 127.0.0.1:${upstream.port};
      proxy_ssl_verify on;
      proxy_ssl_name localhost;
      proxy_ssl_trusted_certificate ${files.ca};
      proxy_buffering off;
      proxy_read_timeout 1h;
    }
  }
}
`,
  );
  const part = await world.start('nginx', {
    executable: '/usr/sbin/nginx',
    arguments: ['-c', file, '-p', directory, '-e', join(directory, 'nginx-error.log')],
    isReady: () => answers(origin, world.caPem),
  });
  return { name: 'nginx', origin, prefix: '', pid: part.pid, note: 'TLS → TLS, no auth' };
};

/** As nginx: one thread, TLS in and out, no authentication. */
export const startHaproxy: StartPeer = async (world) => {
  const { port, origin } = await chooseAddress('https');
  const { files, upstream, directory } = world;
  const file = join(directory, 'haproxy.cfg');
  const pem = join(directory, 'haproxy.pem');
  writeFileSync(pem, `${readFileSync(files.certificate, 'utf8')}\n${readFileSync(files.key, 'utf8')}`, { mode: 0o600 });
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4000
  ssl-server-verify required
defaults
  mode http
  timeout connect 10s
  timeout client 1h
  timeout server 1h
  timeout http-request 30s
  option http-keep-alive
  http-reuse always
frontend in
  bind 127.0.0.1:${port} ssl crt ${pem} alpn http/1.1 ssl-min-ver TLSv1.2
  default_backend api
backend api
  server api 127.0.0.1:${upstream.port} ssl ca-file ${files.ca} verify required verifyhost localhost alpn http/1.1 pool-max-conn 1024
`,
  );
  const part = await world.start('haproxy', {
    executable: '/usr/sbin/haproxy',
    arguments: ['-db', '-f', file],
    isReady: () => answers(origin, world.caPem),
  });
  return { name: 'haproxy', origin, prefix: '', pid: part.pid, note: 'TLS → TLS, no auth' };
};

export const startBare: StartPeer = async (world) => {
  const { port, origin } = await chooseAddress('https');
  const { files, upstream } = world;
  const part = await world.start('bare', {
    executable: process.execPath,
    // prettier-ignore
    arguments: [join(import.meta.dirname, 'bare-forwarder.ts'), String(port), upstream.origin, files.certificate, files.key, files.ca],
    environment: { NODE_ENV: 'production' },
    isReady: () => answers(origin, world.caPem),
  });
  return { name: 'bare', origin, prefix: '', pid: part.pid, note: 'Node + undici, TLS → TLS, no auth' };
};

/**
 * From the same build as the control plane's; it serves plain HTTP and authenticates nobody.
 * @param kubeconfig where to; default the stub. Its filter is off, since it refuses exec.
 */
export async function startKubectlProxy(world: World, kubeconfig = kubeconfigOfStub(world)): Promise<Peer> {
  const { port, origin } = await chooseAddress('http');
  const part = await world.start('kubectl-proxy', {
    executable: world.binaries.kubectl,
    arguments: ['proxy', '--kubeconfig', kubeconfig, '--port', String(port), '--disable-filter'],
    isReady: () => answers(origin, undefined),
  });
  return { name: 'kubectl-proxy', origin, prefix: '', pid: part.pid, note: 'plain → TLS, no auth' };
}

function kubeconfigOfStub({ directory, upstream, caPem, files }: World): string {
  return writeKubeconfig(join(directory, 'proxy.kubeconfig'), upstream.origin, caPem, {
    certPem: readFileSync(files.clientCertificate, 'utf8'),
    keyPem: readFileSync(files.clientKey, 'utf8'),
  });
}

/** Verifies the same ID tokens; its logs are off, which is to its advantage. */
export const startOauth2Proxy: StartPeer = async (world) => {
  const { port, origin } = await chooseAddress('https');
  const { files, issuer, upstream } = world;
  const part = await world.start('oauth2-proxy', {
    executable: world.programs['oauth2-proxy'],
    arguments: [
      '--provider=oidc',
      `--oidc-issuer-url=${issuer.url}`,
      `--client-id=${issuer.clientId}`,
      '--client-secret=unused',
      '--cookie-secret=0123456789abcdef0123456789abcdef',
      '--email-domain=*',
      '--skip-jwt-bearer-tokens=true',
      `--upstream=${upstream.origin}/`,
      `--https-address=127.0.0.1:${port}`,
      '--http-address=',
      `--tls-cert-file=${files.certificate}`,
      `--tls-key-file=${files.key}`,
      '--request-logging=false',
      '--auth-logging=false',
      '--standard-logging=false',
      '--silence-ping-logging=true',
    ],
    environment: { SSL_CERT_FILE: files.ca },
    isReady: () => answers(origin, world.caPem),
  });
  return {
    name: 'oauth2-proxy',
    origin,
    prefix: '',
    pid: part.pid,
    note: 'TLS → TLS, bearer JWT, no policy, no audit',
  };
};

/** All of them by name, in the order of the tables. */
export const PLAIN_PEERS: Readonly<Record<string, StartPeer>> = {
  bare: startBare,
  nginx: startNginx,
  haproxy: startHaproxy,
  'kubectl-proxy': (world) => startKubectlProxy(world),
  'oauth2-proxy': startOauth2Proxy,
};

async function chooseAddress(scheme: string): Promise<{ port: number; origin: string }> {
  const [port = 0] = await choosePorts(1);
  return { port, origin: `${scheme}://127.0.0.1:${port}` };
}

/** True when it answers, and does not say that its upstream fails. */
function answers(origin: string, ca: string | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const ask = origin.startsWith('https:') ? request : plainRequest;
    ask(`${origin}/version`, { ca, agent: false }, (answer) => {
      answer.resume();
      resolve((answer.statusCode ?? 500) < 500);
    })
      .on('error', reject)
      .end();
  });
}
