/**
 * The image's health check: asks this container's own gateway for /-/healthz, which answers for any Host.
 * Its certificate is not verified: it names the outside address, and nothing secret is sent.
 */
import http from 'node:http';
import https from 'node:https';

const { GATEHOUSE_LISTEN_PORT: port = '8443', GATEHOUSE_TLS_DISABLED: plain } = process.env;
const { get } = plain === 'true' ? http : https;

get({ host: '127.0.0.1', port, path: '/-/healthz', rejectUnauthorized: false, timeout: 4000 }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
})
  .on('timeout', function onTimeout() {
    this.destroy(new Error('no answer'));
  })
  .on('error', () => {
    process.exitCode = 1;
  });
