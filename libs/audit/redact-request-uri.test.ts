import { describe, expect, test } from 'vitest';
import type { RequestInfo } from '#model';
import { redactRequestUri } from './redact-request-uri.ts';

const proxied = { subresource: 'proxy' } as RequestInfo;
const plain = { subresource: '' } as RequestInfo;

describe('values that may be secrets are gone', () => {
  test.each([
    ['/api?token=s3cret', '/api?token=[redacted]'],
    ['/api?access_token=s3cret&limit=5', '/api?access_token=[redacted]&limit=5'],
    ['/api?limit=5&ACCESS_TOKEN=s3cret', '/api?limit=5&ACCESS_TOKEN=[redacted]'],
    ['/api?id%5ftoken=s3cret', '/api?id%5ftoken=[redacted]'],
    ['/api?%74oken=s3cret', '/api?%74oken=[redacted]'],
    ['/api?a=1;token=s3cret', '/api?a=1;token=[redacted]'],
    ['/api?token=a=s3cret', '/api?token=[redacted]'],
    ['/api?token=%zzs3cret', '/api?[redacted]'],
    [
      '/-/auth/callback?code=s3cret&state=s3cret&iss=https%3A%2F%2Fidp',
      '/-/auth/callback?code=[redacted]&state=[redacted]&iss=https%3A%2F%2Fidp',
    ],
    ['/api?x=eyJhbGciOi.eyJzdWIiOi.s3cret', '/api?x=[redacted]'],
    ['/api?x=Bearer+eyJhbGciOi.eyJzdWIiOi.s3cret', '/api?x=[redacted]'],
    ['/api?eyJhbGciOi.eyJzdWIiOi.s3cret', '/api?[redacted]'],
    [
      '/api?password=s3cret&client_secret=s3cret&X-Amz-Signature=s3cret',
      '/api?password=[redacted]&client_secret=[redacted]&X-Amz-Signature=[redacted]',
    ],
    ['/api#access_token=s3cret', '/api#[redacted]'],
    ['http://user:s3cret@host/api?a=1', 'http://[redacted]@host/api?a=1'],
  ])('%s', (target, expected) => {
    expect(redactRequestUri(target)).toBe(expected);
    expect(redactRequestUri(target, plain)).toBe(expected);
  });

  test('the whole query of what is sent on to a proxy', () => {
    expect(redactRequestUri('/api/v1/namespaces/a/services/web/proxy/page?q=s3cret&r=2', proxied)).toBe(
      '/api/v1/namespaces/a/services/web/proxy/page?[redacted]',
    );
  });

  test.each([
    '/api/v1/namespaces/a/services/web/proxy/?q=s3cret',
    '/api/v1/x/%70roxy?q=s3cret',
    '/api/v1/x%2fProxy?q=s3cret',
    '/api/v1/x/%2570roxy?q=s3cret',
  ])('a refused target that looks like a proxy: %s', (target) => {
    expect(redactRequestUri(target)).not.toContain('s3cret');
  });
});

describe('what says what was asked for stays', () => {
  test.each([
    '/api/v1/namespaces/team-a/pods?limit=500&resourceVersion=0&allowWatchBookmarks=true&watch=1',
    '/api/v1/namespaces/team-a/pods/web/exec?command=ls&command=-l&container=web&stdin=true',
    '/api/v1/secrets?fieldSelector=metadata.name%3Dtoken&continue=abc',
    '/version',
    '/api?',
    '/api?token',
    '/api?token=',
  ])('%s', (target) => {
    expect(redactRequestUri(target, plain)).toBe(target);
  });
});
