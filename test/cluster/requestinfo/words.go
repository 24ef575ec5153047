package main

// What grid and maker put together. Lists are long where spellings are what is tested.

var knownMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

var otherMethods = []string{
	"OPTIONS", "TRACE", "CONNECT", "get", "Get", "gEt", "head", "post", "delete", "", " ", "G ET", "GET ", "\tGET",
	"GET\x00", "GET\r", "PROPFIND", "WATCH", "watch", "LIST", "PROXY", "proxy", "COPY", "LINK", "GET,POST", "G\xc3\x89T", "*",
}

// Beginnings of resource paths, of what looks like them, and of others.
var prefixes = []string{
	"/api/v1", "/apis/apps/v1", "/apis/x.io/v1beta1", "/api", "/apis", "/apis/apps", "/%61pi/v1", "/ap%69s/apps/v1",
	"/API/v1", "/Apis/apps/v1", "/apix/v1", "/api%2fv1", "//api/v1", "/api//v1", "/./api/v1", "/clusters/demo/api/v1",
	"/openapi/v2", "/version", "/debug/pprof", "/debug/ppr%6ff", "/debug/pprof/profile", "/healthz", "/logs", "/-", "", "/api/proxy", "/api/watch", "/apis/proxy/v1", "/apis/watch/watch",
	"/apis/namespaces/v1", "/api/namespaces",
}

var namespaceParts = []string{
	"", "/namespaces", "/namespaces/x", "/namespaces/x/status", "/namespaces/x/finalize", "/namespaces/namespaces",
	"/namespaces/status", "/namespaces/proxy", "/%6eamespaces/x", "/Namespaces/x", "/namespaces/", "/namespaces//x",
	"/namespaces/x/namespaces/y", "/namespaces/n%C3%A9", "/namespaces/..", "/watch/namespaces/x", "/proxy/namespaces/x",
	"/w%61tch", "/%70roxy", "/Watch", "/watch/", "/proxy", "/proxy/namespaces", "/proxy/watch", "/proxy/proxy",
}

var resources = []string{
	"pods", "services", "nodes", "secrets", "deployments", "namespaces", "watch", "proxy", "status", "finalize", "serviceaccounts",
	"%70ods", "servic%65s", "Pods", "", "po%00ds", "pods;x=1", "*", "pods%2fweb", "p%c3%b6ds", "%ff", "bindings",
}

var names = []string{
	"web", "web:80", "http:web:80", "https:web:", "a%2fb", "a%2Fb", "..", ".", "%2e", "%2E%2e", "...", ".a", "a..b", "%c0%ae",
	"%c0%af", "%e0%80%ae%2e", "n%C3%A9", "%ff%fe", "a%25b", "%252e", "%00", "a%5cb", "a\\b", "a;b", "a%3bb", "a#b", "a%23b", "a+b",
	"a b", "a%20b", "*", "~", "system:node", "%zz", "%4", "%", "", "web,other", "status", "proxy", "watch", "%EF%BF%BD", "%0a",
	"a%0d%0aHost:%20x", "%7f", "\x7f", "\xe9", "%f8%80%80%80%af", "%fc%80%80%80%80%ae", "%ed%a0%80", "%c1%9c", "..%2f..",
}

var subresources = []string{
	"", "exec", "attach", "log", "portforward", "proxy", "%70roxy", "pro%78y", "Proxy", "status", "scale", "finalize", "eviction",
	"ephemeralcontainers", "token", "binding", "log/x", "exec/", "proxy ", "..", "%2e%2e", "watch",
}

var tails = []string{
	"", "/", "//", "/a", "/a/b/c", "/a//b", "/a%25b", "/%2541", "/a%2Fb", "/a%2f..%2fb", "/..", "/.", "/../x", "/%2e%2e/x", "/.%2e", "/%252e%252e/x",
	"/%25252e%25252e", "/%25%32%65%25%32%65/x", "/a;b", "/..;x=1/y", "/..%3bx/y", "/..%00/z", "/a\\..\\b", "/..%5cb", "/a%5c..",
	"/%c0%ae%c0%ae/x", "/..%c0%af", "/%e0%80%ae./x", "/%", "/%zz", "/\x01", "/a b", "/\xe9", "/%ff", "/...", "/..a", "/a..", "/.well-known",
	"/#", "/..#", "/%23", "/proxy", "/proxy/..", "/%2525252525252525252e%2525252525252525252e/", "/%c0%a5%32%65./x", "/x%3f..", "/%3b..",
	"//..", "/a/%2e/b", "/%2", "/exec/x", "/watch?watch=1",
}

var queryKeys = []string{
	"watch", "fieldSelector", "labelSelector", "limit", "timeoutSeconds", "continue", "resourceVersion", "resourceVersionMatch",
	"allowWatchBookmarks", "sendInitialEvents", "shardSelector", "pretty", "command", "w%61tch", "Watch", "watch+", "+watch",
	"field%53elector", "fieldselector", "l%69mit", "limit%00", "", "%", "timeout", "watch%3D", "%77%61%74%63%68", "dryRun",
}

var watchValues = []string{
	"", "0", "1", "true", "false", "False", "FALSE", "fALSE", "f%61lse", "%30", "00", "no", "off", "null", "+false", "false+", " 0", "fal%C5%BFe",
	"FAL%c5%bfE", "%EF%BC%90", "-0", "0%00", "\xc5\xbf", "false;x",
}

var numberValues = []string{
	"", "0", "1", "500", "-1", "%2B5", "+5", "abc", "1.5", "1e3", "0x10", "1_0", "0500", "%31", " 1", "1%20", "9223372036854775807",
	"9223372036854775808", "-9223372036854775808", "-9223372036854775809", "99999999999999999999", "%EF%BC%91", "-", "--1", "5%00",
}

var fieldTerms = []string{
	"metadata.name=x", "metadata.name%3Dx", "metadata.name==x", "metadata.name%3D%3Dy", "metadata.name!=x", "metadata.name%21%3Dx",
	"metadata.name=", "metadata.name==", "metadata.name", "metadata.name=.", "metadata.name=..", "metadata.name=%2e%2e", "metadata.name=a%2Fb",
	"metadata.name=a/b", "metadata.name=a%25b", "metadata.name=a%2525", "metadata.name=x%5C%2Cy", "metadata.name=x%5C%5Cy", "metadata.name=x%5C%3Dy",
	"metadata.name=x%5Cy", "metadata.name=x%5C", "metadata.name=x=y", "metadata.name===x", "metadata.name=!x", "metadata.name=x!=y",
	"metadata.name=n%C3%A9", "metadata.name=%ff", "metadata.name=%ff%5C%2C", "metadata.name=%00", "metadata.name=+x", "+metadata.name=x",
	"metadata.name+=x", "Metadata.name=x", "metadata.namespace=x", "metadata.name.x=y", "spec.nodeName=n", "status.phase!=Running", "=", "==", "!=",
	"=x", "!=x", "%5C,metadata.name=x", "metadata.name%5C=x", "%5Cmetadata.name=x", "", ",", "x", "%c3%5C,=y", "metadata.name=x%c3%5C%2C",
	"metadata%2Ename=x", "metadata.name=~", "metadata.name=*", "metadata.name=x;y", "metadata.name=%zz", "metadata.name=a%0ab",
}

var labelTerms = []string{
	"app=web", "app==web", "app!=web", "app", "!app", "app+in+(a,b)", "app+notin+(a,)", "app%3E5", "app%3C5", "app%3Ex", "app%3E", "app=", "", ",",
	"in", "in+in+(in)", "notin+notin+(notin)", "app+in+()", "app+in+(", "app+in+(a+b)", "app+in+a", "a/b/c", "A.b/c=d", "a.b/c=d", "a_b/c",
	"-a=b", "a=-b", "a===b", "a=!b", "!!a", "!a=b", "a+b", "a=b%00,,", "%00", "%00junk(", "a%00b", "a=b%09", "(", ")", "a=in", "a+notin", "a=b,c+in+(d)",
	"n%C3%A9", "%ff=%ff", "a=%ff", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a%0D%0A=b", "a+in+(b),c", "app%20in%20(a%2Cb)",
	"a/=b", "/a=b", "a.b.=c", ".a/b", "a..b/c", "a=b=c", "a+in+(,)", "a+in+(a,,b)", "a+in+(%00)", "a,!b,c%3E1,d+notin+(e,f)", "a%3E9223372036854775808",
}
