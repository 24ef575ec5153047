import { describe, expect, it } from 'vitest';
import { parseRequest } from './parse-request.ts';

function codeOf(target: string, method = 'GET'): string {
  const parsed = parseRequest(method, target);
  return parsed.ok ? `accepted as ${parsed.request.verb} ${parsed.request.path}` : parsed.code;
}

describe('the strict subset refuses', () => {
  const HEAD = '/api/v1/namespaces/team-a/pods';
  const refusals: Record<string, [code: string, targets: string[]]> = {
    'what is not in origin form': [
      'badTarget',
      ['', '*', 'http://host/api', 'HTTP://host/api', 'host:443', 'api/v1/pods', '?watch=1', '\\api', ' /api', '#/api'],
    ],
    'a double slash in front': ['doubleSlash', ['//', '//api/v1/pods', '//api', '///', '//%2e/x', '//version?x']],
    'empty segments': [
      'badPath',
      [
        '/api//v1/pods',
        `${HEAD}//`,
        `${HEAD}//web`,
        '/healthz//',
        '/api/v1//namespaces/x',
        '/apis//v1/pods',
        `${HEAD}/web//exec`,
      ],
    ],
    'dot segments': [
      'badPath',
      [
        '/.',
        '/..',
        '/./api',
        '/../api',
        `${HEAD}/.`,
        `${HEAD}/..`,
        `${HEAD}/../secrets`,
        `${HEAD}/./web`,
        '/healthz/..',
        '/api/v1/namespaces/team-a/../team-b/pods',
        '/.?x',
        '/..?x',
      ],
    ],
    'encoded dot segments': [
      'badPath',
      [
        `${HEAD}/%2e`,
        `${HEAD}/%2E%2e/secrets`,
        `${HEAD}/.%2e/secrets`,
        `${HEAD}/%2e./secrets`,
        '/healthz/%2e%2e/api',
        `${HEAD}/%c0%ae%c0%ae/secrets`,
        `${HEAD}/%C0%AE/x`,
        `${HEAD}/%e0%80%ae%2e/x`,
        `${HEAD}/%f0%80%80%ae./x`,
      ],
    ],
    'encoded separators, NUL and percent signs': [
      'badPath',
      [
        `${HEAD}%2fweb`,
        `${HEAD}/a%2Fb`,
        '/api%2Fv1%2Fsecrets',
        `${HEAD}/a%5cb`,
        `${HEAD}/a%5Cb`,
        `${HEAD}/a%00`,
        `${HEAD}/a%25b`,
        `${HEAD}/%252e%252e/x`,
        `${HEAD}/a%252fb`,
        `${HEAD}/a%c0%afb`,
        `${HEAD}/a%e0%80%afb`,
        `${HEAD}/a%f8%80%80%80%afb`,
        `${HEAD}/a%c1%9cb`,
        '/healthz%00',
        '/%2f',
        '/%2fapi',
      ],
    ],
    'raw backslashes, semicolons and fragments': [
      'badPath',
      [
        `${HEAD}\\web`,
        `${HEAD}/a\\..\\b`,
        `${HEAD};x=1`,
        `${HEAD}/web;v=1/exec`,
        '/api;/v1/pods',
        `${HEAD}#x`,
        '/#',
        '/healthz;jsessionid=1',
        `${HEAD}/#?watch=1`,
      ],
    ],
    'bad percent-escapes': [
      'badPath',
      [
        '/%',
        '/%2',
        '/%zz',
        '/api/v1/%g1',
        `${HEAD}/a%`,
        `${HEAD}/%u002e%u002e`,
        `${HEAD}/%-1`,
        '/api/v1/nodes/n/proxy/%zz',
        '/a%?b',
      ],
    ],
    'control bytes and blanks': [
      'badPath',
      [
        '/api/v1/pods\r',
        '/api\n/v1',
        '/\t',
        '/a b',
        '/\0',
        '/a\x7f',
        '/api/v1/nodes/n/proxy/\x01',
        '/api/v1/nodes/n/proxy/a b',
      ],
    ],
    'raw 8-bit bytes, and what is no byte at all': [
      'badPath',
      ['/api/v1/\x80', '/\xff', '/api/v1/n\xe9', '/api/v1/nodes/n/proxy/\xe9', '/\u2025', '/\uff0f', '/a\u0100'],
    ],
    'dot segments behind /proxy, however encoded': [
      'badPath',
      [
        '/api/v1/nodes/n/proxy/..',
        '/api/v1/nodes/n/proxy/a/../b',
        '/api/v1/nodes/n/proxy/%2e%2e/x',
        '/api/v1/nodes/n/proxy/a%2f..%2fb',
        '/api/v1/nodes/n/proxy/a%2F%2e%2E',
        '/api/v1/nodes/n/proxy/%252e%252e/x',
        '/api/v1/nodes/n/proxy/%25252e%25252e/x',
        '/api/v1/nodes/n/proxy/..;x=1/y',
        '/api/v1/nodes/n/proxy/..%3bx/y',
        '/api/v1/nodes/n/proxy/a\\..\\b',
        '/api/v1/nodes/n/proxy/..%5cb',
        '/api/v1/nodes/n/proxy/%c0%ae%c0%ae/x',
        '/api/v1/nodes/n/proxy/..%c0%af',
        '/api/v1/nodes/n/proxy/.',
        '/api/v1/nodes/n/proxy//../',
        '/api/v1/nodes/n/proxy/..%00/x',
      ],
    ],
    'empty and odd segments before /proxy': [
      'badPath',
      [
        '/api/v1/namespaces/x//services/web/proxy/a',
        '/api/v1/namespaces/x/services/web%2f/proxy/a',
        '/api/v1/namespaces/x/services/a;b/proxy/',
        '/api/v1/namespaces/x/services//proxy/a',
      ],
    ],
    'loose tails where the proxy is not the literal one of core services, pods or nodes': [
      'badPath',
      [
        '/api/v1/namespaces/x/services/web/%70roxy/a//b',
        '/apis/x.io/v1/namespaces/x/services/web/proxy/a//b',
        '/api/v1/namespaces/x/endpoints/web/proxy/a//b',
        '/api/v1/namespaces/x/services/web/Proxy/a//b',
        '/api/v1/namespaces/x/pods/web/log/a;b',
        '/foo/proxy/a//b',
        '/api/v1/services/proxy/a//b',
      ],
    ],
    'semicolons in the query': [
      'badQuery',
      ['/api/v1/pods?a;b', '/api/v1/pods?watch=1;limit=2', '/api/v1/nodes/n/proxy/x?a=1;b=2', '/healthz?;'],
    ],
    'bad escapes in the query': [
      'badQuery',
      ['/api/v1/pods?watch=%zz', '/api/v1/pods?%', '/healthz?x=%2', '/api/v1/nodes/n/proxy/?q=%g0'],
    ],
    'control bytes, blanks and raw 8-bit bytes in the query': [
      'badQuery',
      [
        '/api/v1/pods?a=\n',
        '/api/v1/pods?a b',
        '/api/v1/pods?a=\x00',
        '/api/v1/pods?a=\xe9',
        '/api/v1/pods?a=\x7f',
        '/api/v1/pods?\u2025',
      ],
    ],
    'repeated watch, fieldSelector and labelSelector': [
      'badQuery',
      [
        '/api/v1/pods?watch=0&watch=1',
        '/api/v1/pods?watch&watch',
        '/api/v1/pods?watch=0&w%61tch=1',
        '/api/v1/pods?%77atch=0&x=1&wat%63h',
        '/api/v1/pods?fieldSelector=a=b&fieldSelector=c=d',
        '/api/v1/pods?labelSelector=a&x=&labelSelector=b',
        '/api/v1/namespaces/x/services/web/proxy/?watch=1&watch=2',
        '/api/v1/pods?field%53elector=&fieldSelector=',
      ],
    ],
    'more pairs than Go reads': [
      'badQuery',
      [`/api/v1/pods?watch=1${'&a'.repeat(10_000)}`, `/api/v1/pods?${'&'.repeat(10_000)}`],
    ],
    'the legacy prefixes, whatever the method and what follows': [
      'legacyPrefix',
      [
        '/api/v1/watch/pods',
        '/api/v1/watch',
        '/api/v1/watch/',
        '/api/v1/proxy',
        '/api/v1/proxy/nodes/n',
        '/apis/apps/v1/watch/deployments',
        '/apis/apps/v1/proxy',
        '/apis/apps/v1/proxy/',
        '/api/v1/w%61tch/pods',
        '/api/v1/%70roxy/nodes/n/x',
        '/api/v1/watch/namespaces/x/pods?watch=0',
      ],
    ],
    'targets of more than 64 KiB': ['targetTooLong', [`/${'a'.repeat(64 * 1024)}`, `/?${'a'.repeat(64 * 1024)}`]],
  };
  for (const [what, [code, targets]] of Object.entries(refusals)) {
    it(`${what}`, () => {
      for (const target of targets) expect([target.slice(0, 99), codeOf(target)]).toEqual([target.slice(0, 99), code]);
    });
  }

  it('legacy prefixes for writing methods too', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'])
      expect(codeOf('/api/v1/watch/namespaces/x/secrets', method)).toBe('legacyPrefix');
  });

  it('OPTIONS, but for the proxy of something that has a name', () => {
    const proxies = [
      '/api/v1/namespaces/x/services/web/proxy/a',
      '/api/v1/nodes/n/proxy',
      '/apis/x.io/v1/namespaces/x/vms/v/proxy',
    ];
    for (const target of proxies)
      expect(parseRequest('OPTIONS', target)).toMatchObject({ ok: true, request: { verb: '', subresource: 'proxy' } });
    for (const target of [
      '/',
      '/api/v1',
      '/api/v1/namespaces/x/pods/web/exec',
      '/api/v1/namespaces/x/services/proxy',
      '/apis/x.io/v1/proxy/vms/v',
      '/apis/x.io/v1/proxy/vms/v/proxy',
      '/logs/proxy',
    ])
      expect([target, codeOf(target, 'OPTIONS')]).toEqual([target, 'badMethod']);
  });

  it('every method that Kubernetes has no verb for, and every other spelling of one that it has', () => {
    for (const method of [
      'OPTIONS',
      'TRACE',
      'CONNECT',
      'PROPFIND',
      'QUERY',
      'LIST',
      'WATCH',
      'get',
      'Get',
      ' GET',
      'GET ',
      '',
      'constructor',
      '__proto__',
    ]) {
      expect([method, codeOf('/api/v1/pods', method)]).toEqual([method, 'badMethod']);
      expect([method, codeOf('/healthz', method)]).toEqual([method, 'badMethod']);
    }
  });
});
