package main

import (
	"fmt"
	"strings"
)

// systematicGrid puts every word at every place, with every other word of its neighbours where that stays payable.
func systematicGrid() []Pair {
	var pairs []Pair
	add := func(method, target string) { pairs = append(pairs, Pair{method, target}) }
	methods := append(append([]string{}, knownMethods...), otherMethods...)

	// Paths: each part against the parts around it.
	for _, prefix := range prefixes {
		for _, namespace := range namespaceParts {
			for _, resource := range append([]string{""}, resources...) {
				path := prefix + namespace
				if resource != "" {
					path += "/" + resource
				}
				for _, end := range []string{"", "/", "/web", "/web/exec", "/web/proxy/a//b"} {
					add("GET", path+end)
				}
				add("DELETE", path)
				add("POST", path+"/web/proxy")
			}
		}
	}
	for _, place := range []string{"/api/v1/", "/api/v1/namespaces/x/", "/apis/apps/v1/namespaces/x/"} {
		for _, resource := range []string{"pods", "services", "nodes", "%70ods", "endpoints"} {
			for _, name := range names {
				for _, subresource := range subresources {
					path := place + resource + "/" + name
					if subresource != "" {
						path += "/" + subresource
					}
					add("GET", path)
				}
			}
			for _, tail := range tails {
				for _, subresource := range []string{"proxy", "%70roxy", "log"} {
					add("GET", place+resource+"/web/"+subresource+tail)
					add("PUT", place+resource+"/web:80/"+subresource+tail+"?x=1")
				}
			}
		}
	}
	for _, method := range methods {
		for _, target := range []string{
			"/", "/api", "/api/v1/pods", "/api/v1/namespaces/x/pods/web", "/api/v1/namespaces/x/pods/web/exec", "/api/v1/nodes/n/proxy/x",
			"/apis/apps/v1/namespaces/x/deployments", "/healthz", "/api/v1/watch/pods", "/api/v1/pods?watch=1", "*", "", "h:443", "http://h/api",
		} {
			add(method, target)
		}
	}
	return append(append(pairs, queryGrid()...), byteGrid()...)
}

func queryGrid() []Pair {
	var pairs []Pair
	values := map[string][]string{
		"watch": watchValues, "fieldSelector": fieldTerms, "labelSelector": labelTerms, "limit": numberValues, "timeoutSeconds": numberValues,
	}
	for _, path := range []string{"/api/v1/namespaces/x/pods", "/api/v1/namespaces/x/pods/web", "/apis/apps/v1/deployments/", "/healthz"} {
		for _, method := range []string{"GET", "HEAD", "DELETE", "POST"} {
			add := func(query string) { pairs = append(pairs, Pair{method, path + "?" + query}) }
			for _, key := range queryKeys {
				list, known := values[key]
				if !known {
					list = append(append([]string{}, watchValues...), numberValues...)
				}
				for _, value := range list {
					add(key + "=" + value)
					add("fieldSelector=metadata.name%3Dx&" + key + "=" + value)
					add(key + "=" + value + "&watch=1&limit=x")
				}
				add(key)
				add(key + "=1&" + key + "=0")
				add("&" + key + "&&" + key + "=")
			}
		}
	}
	for _, first := range fieldTerms {
		for _, second := range fieldTerms {
			pairs = append(pairs, Pair{"GET", "/api/v1/secrets?fieldSelector=" + first + "," + second})
		}
	}
	for _, first := range labelTerms {
		for _, second := range labelTerms {
			pairs = append(pairs, Pair{"GET", "/api/v1/secrets?fieldSelector=metadata.name=x&labelSelector=" + first + "," + second})
		}
	}
	return pairs
}

// byteGrid puts every byte, raw and in each encoding, at every kind of place; and dots and separators in many more.
func byteGrid() []Pair {
	places := []string{
		"%s", "/%s", "/%sapi/v1/pods", "/api%sv1/pods", "/api/v1/po%sds", "/api/v1/namespaces/x%s/pods", "/api/v1/pods/%s", "/api/v1/pods%s",
		"/api/v1/pods/%s/log", "/api/v1/nodes/n%s/proxy/x", "/api/v1/nodes/n/proxy%s", "/api/v1/nodes/n/proxy/%s/b", "/api/v1/nodes/n/proxy/a/..%s",
		"/api/v1/pods?wat%sch=1", "/api/v1/pods?watch=%s", "/api/v1/pods?fieldSelector=metadata.name=%s", "/api/v1/pods?fieldSelector=a=b&labelSelector=a%s",
		"/api/v1/pods?%s&watch=1", "/healthz%s", "/healthz/%s/x", "/api/v1/pods%s/web/exec", "/apis/apps%s/v1/x/y", "/api/v1%s/watch/pods",
	}
	var spellings []string
	for b := range 256 {
		raw := string([]byte{byte(b)})
		spellings = append(spellings, raw, fmt.Sprintf("%%%02x", b), fmt.Sprintf("%%%02X", b), fmt.Sprintf("%%25%02x", b))
		if b < 0x80 {
			spellings = append(spellings, overlong(byte(b), 2), overlong(byte(b), 3))
		}
	}
	for _, dot := range []string{".", "%2e", "%2E", "%252e", "%25%32%65", overlong('.', 2), overlong('.', 3), overlong('.', 4), overlong('.', 5), overlong('.', 6)} {
		for _, other := range []string{".", "%2e", "%252E", overlong('.', 2)} {
			spellings = append(spellings, dot+other, "/"+dot+other+"/", dot+other+";x", dot+other+"%2f", "%5c"+dot+other)
		}
	}
	var pairs []Pair
	for _, place := range places {
		for _, spelling := range spellings {
			pairs = append(pairs, Pair{"GET", strings.Replace(place, "%s", spelling, 1)})
		}
	}
	return pairs
}

// overlong spells an ASCII character as a UTF-8 sequence of too many bytes, percent-encoded.
func overlong(char byte, width int) string {
	sequence := make([]byte, width)
	value := int(char)
	for i := width - 1; i > 0; i-- {
		sequence[i] = 0x80 | byte(value&0x3f)
		value >>= 6
	}
	sequence[0] = byte(0xff<<(8-width)) | byte(value)
	text := ""
	for _, b := range sequence {
		text += fmt.Sprintf("%%%02x", b)
	}
	return text
}
