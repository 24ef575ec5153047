import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';

/** What a Content-Security-Policy can name (CSP3 section 2.3.1): a name or IPv4 address, with a port; no IPv6 literal. */
const NAMEABLE_HOST = /^[a-z0-9.-]{1,253}(:[0-9]{1,5})?$/i;

/**
 * No inline code, no framing, nothing from elsewhere: what a name in a page could do is nothing. Scripts come from the
 * console's own files only: below the clusters' paths of the same origin lies what pods serve, and with 'self' a page of
 * one could be loaded here as a script. Only a source with a host can have a path: the host that was asked for, which
 * the dispatcher has held against those that the gateway answers for, and that of `externalUrl`, which the browser sees
 * where a proxy in front replaces the Host.
 */
function contentSecurityPolicy(host: string | undefined, externalHost: string): string {
  const hosts = [...new Set([host ?? '', externalHost])];
  const scripts = hosts.every((name) => NAMEABLE_HOST.test(name))
    ? hosts.map((name) => `${name}/-/assets/`).join(' ')
    : "'self'";
  return `default-src 'none'; script-src ${scripts}; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`;
}

/** Headers of every control-plane answer; a handler that serves a page of its own may replace the policy. */
export const secureHeaders =
  (externalHost: string): RequestHandler =>
  (request, response, next) => {
    response.removeHeader('X-Powered-By');
    response.setHeader('Content-Security-Policy', contentSecurityPolicy(request.headers.host, externalHost));
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('X-Frame-Options', 'DENY');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    next();
  };

/** Paths that a person may type or share; the console's own router takes over from there. */
const PAGES = new Set([
  '/',
  '/kubeconfig',
  '/why',
  '/device',
  '/authorize',
  '/audit',
  '/sessions',
  '/tokens',
  '/serviceidentities',
  '/mappings',
  '/accessrules',
  '/clusters',
  '/issuers',
]);

/**
 * Serves the built console below `/-/`. Assets carry a hash in their names and may be kept; the page itself may not.
 * Anything that is no page and no asset goes on to the controllers.
 */
export function serveConsole(directory: string): RequestHandler {
  const page = join(directory, 'index.html');
  const html = existsSync(page) ? readFileSync(page, 'utf8') : undefined;
  const assets = express.static(directory, {
    index: false,
    fallthrough: true,
    immutable: true,
    maxAge: '1y',
    redirect: false,
  });
  return (request: Request, response: Response, next: NextFunction) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    if (html !== undefined && PAGES.has(request.path.replace(/(.)\/$/, '$1'))) {
      response.setHeader('Cache-Control', 'no-store');
      return void response.type('html').send(html);
    }
    if (request.path.startsWith('/assets/')) return void assets(request, response, next);
    next();
  };
}
