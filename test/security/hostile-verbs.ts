/**
 * What bob asks, who may get, list and watch pods and read their logs in team-a, and use the page of service web there:
 * every way to have another verb, resource or namespace read out of a request than the API server would. 400 or 403.
 */
type Ask = readonly [method: string, target: string];

const TEAM_A = '/api/v1/namespaces/team-a';
const POD = `${TEAM_A}/pods/web`;

const WATCHES = [
  'watch',
  'watch=',
  'watch=1',
  'watch=true',
  'watch=TRUE',
  'watch=yes',
  'watch=0',
  'watch=false',
  'watch=fal%C5%BFe',
  'watch=%31',
  'w%61tch=1',
  '%77%61tch',
  'Watch=1',
  'watch=1&limit=x',
  'watch=1&fieldSelector=metadata.name%3Dweb',
  'watch=1&labelSelector=%2C',
  'watch=1&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=x',
];
const SELECTORS = [
  'fieldSelector=metadata.name%3Dweb',
  'fieldSelector=metadata.name%3D%3Dweb',
  'fieldSelector=metadata.namespace%3Dteam-a',
  'fieldSelector=a%3Db%2Cmetadata.name%3Dweb',
  'field%53elector=metadata.name%3Dweb',
  'labelSelector=app%3Dweb',
];
const POLICY_WORDS = [
  `path=${TEAM_A}/pods`,
  'verb=get&resource=pods&namespace=team-a',
  'namespace=team-a',
  'as=alice',
  'impersonate-user=alice',
  'user=demo:alice',
  '_method=GET',
  `x=?${TEAM_A}/pods`,
  `/../..${TEAM_A}/pods`,
];

export const VERB_TRICKS: readonly Ask[] = [
  ...WATCHES.flatMap((query): Ask[] => [
    ['GET', `${TEAM_A}/secrets?${query}`],
    ['GET', `/api/v1/pods?${query}`],
    ['HEAD', `/api/v1/namespaces/team-b/pods?${query}`],
  ]),
  ...SELECTORS.flatMap((query): Ask[] => [
    ['GET', `/api/v1/namespaces/team-b/pods?${query}`],
    ['GET', `/api/v1/pods?${query}`],
    ['DELETE', `${TEAM_A}/pods?${query}`],
    ['DELETE', `${TEAM_A}/pods/?${query}`],
  ]),
  ...POLICY_WORDS.flatMap((query): Ask[] => [
    ['GET', `${TEAM_A}/secrets?${query}`],
    ['DELETE', `${POD}?${query}`],
  ]),
  // other methods, on the collection, the object and its subresources
  ...['POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method): Ask[] => [
    [method, `${TEAM_A}/pods`],
    [method, `${TEAM_A}/pods/`],
    [method, POD],
    [method, `${POD}/log`],
    [method, `${POD}/status`],
    [method, TEAM_A],
    [method, `${TEAM_A}/finalize`],
  ]),
  // subresources that act, by GET and in other spellings
  ...['GET', 'HEAD', 'POST'].flatMap((method): Ask[] => [
    [method, `${POD}/exec?command=id`],
    [method, `${POD}/exec/?command=id`],
    [method, `${POD}/%65xec?command=id`],
    [method, `${POD}/EXEC?command=id`],
    [method, `${POD}/exec/log?command=id`],
    [method, `${POD}/attach`],
    [method, `${POD}/portforward?ports=8080`],
    [method, `${POD}/proxy/`],
    [method, `${POD}/%70roxy/`],
    [method, `${TEAM_A}/pods/web:8080/proxy/log`],
    [method, `${TEAM_A}/services/other/proxy/`],
    [method, `${TEAM_A}/services/web`],
    [method, '/api/v1/namespaces/team-b/services/web/proxy/'],
    [method, '/api/v1/nodes/node-1/proxy/'],
    [method, '/api/v1/nodes/node-1/proxy/exec/team-a/web/web?command=id'],
    [method, `${POD}/ephemeralcontainers`],
    [method, `${POD}/eviction`],
    [method, `${POD}/binding`],
    [method, `${TEAM_A}/serviceaccounts/default/token`],
  ]),
  // another case is another name
  ['GET', '/API/v1/namespaces/team-a/pods'],
  ['GET', '/api/V1/namespaces/team-a/Pods'],
  ['GET', '/api/v1/Namespaces/team-a/pods'],
  ['GET', '/api/v1/namespaces/Team-A/pods'],
  ['GET', `${TEAM_A}/PODS`],
  // another group, and namespaces that are something else
  ['GET', '/apis/apps/v1/namespaces/team-a/pods'],
  ['GET', '/api/v1/namespaces/team-a/status/pods'],
  ['GET', '/api/v1/namespaces/team-b/namespaces/team-a/pods'],
  ['GET', '/api/v1/namespaces/pods'],
];

/** As whom and by what; each asks for a stream. */
export const UPGRADES: readonly Ask[] = [
  ['GET', `${POD}/exec?command=id`],
  ['POST', `${POD}/exec?command=id`],
  ['GET', `${POD}/attach`],
  ['GET', `${POD}/portforward`],
  ['POST', `${POD}/portforward`],
  ['GET', `${POD}/proxy/`],
  ['GET', `${POD}/status`],
  ['GET', `${TEAM_A}/secrets?watch=1`],
  ['GET', '/api/v1/nodes/node-1/proxy/exec/team-a/web/web?command=id'],
  ['GET', '/'],
];
