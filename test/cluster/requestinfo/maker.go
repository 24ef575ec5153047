package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// maker makes random pairs, and mutated ones. The same seed makes the same pairs.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker {
	return maker{rand.New(rand.NewPCG(seed, 0x6761746568617573))}
}

func (m maker) pick(words []string) string { return words[m.IntN(len(words))] }
func (m maker) chance(percent int) bool    { return m.IntN(100) < percent }

func (m maker) pair() Pair {
	method := m.pick(knownMethods)
	if m.chance(45) {
		method = "GET"
	} else if m.chance(4) {
		method = m.pick(otherMethods)
	}
	var target string
	switch n := m.IntN(1000); {
	case n < 350:
		target = m.wellFormed() + m.query(30)
	case n < 500:
		target = m.collection() + m.query(100)
	case n < 650:
		target = m.soup() + m.query(40)
	case n < 985:
		target = m.wellFormed() + m.query(50)
		for rounds := 1 + m.IntN(4); rounds > 0; rounds-- {
			target = m.mutate(target)
		}
	case n < 999:
		target = m.otherForm()
	default:
		target = m.long()
	}
	return Pair{method, target}
}

// wellFormed makes what clients ask for, mostly, so that the deep rules are reached often.
func (m maker) wellFormed() string {
	path := m.pick(prefixes[:3])
	if m.chance(8) {
		path = m.pick(prefixes)
	}
	if m.chance(60) {
		path += "/namespaces/" + m.plainOr(names, "team-a", "kube-system", "x")
	} else if m.chance(8) {
		path += m.pick(namespaceParts)
	}
	path += "/" + m.plainOr(resources, "pods", "services", "nodes", "secrets", "namespaces")
	if m.chance(70) {
		path += "/" + m.plainOr(names, "web", "web:80", "http:web:80")
		if m.chance(60) {
			path += "/" + m.plainOr(subresources, "proxy", "proxy", "exec", "log", "status")
			if m.chance(60) {
				path += m.pick(tails)
			}
		}
	}
	if m.chance(10) {
		path += "/"
	}
	return path
}

// plainOr picks one of the plain words, and sometimes one of the odd ones.
func (m maker) plainOr(odd []string, plain ...string) string {
	if m.chance(12) {
		return m.pick(odd)
	}
	return m.pick(plain)
}

func (m maker) collection() string {
	return m.pick([]string{
		"/api/v1/pods", "/api/v1/namespaces/x/pods", "/api/v1/namespaces", "/apis/apps/v1/namespaces/x/deployments/", "/api/v1/nodes", "/apis/x.io/v1/a",
	})
}

func (m maker) soup() string {
	path := m.pick(prefixes)
	for n := m.IntN(8); n > 0; n-- {
		path += "/" + m.pick([][]string{names, resources, subresources, {"namespaces"}, {"proxy"}, {"v1"}}[m.IntN(6)])
	}
	return path
}

// query makes a query in `percent` of the cases.
func (m maker) query(percent int) string {
	if !m.chance(percent) {
		return ""
	}
	var pairs []string
	for n := 1 + m.IntN(4); n > 0; n-- {
		pairs = append(pairs, m.parameter())
	}
	return "?" + strings.Join(pairs, "&")
}

func (m maker) parameter() string {
	switch m.IntN(8) {
	case 0, 1, 2:
		return "fieldSelector=" + m.terms(fieldTerms)
	case 3:
		return "labelSelector=" + m.terms(labelTerms)
	case 4:
		return "watch=" + m.pick(watchValues)
	case 5:
		return m.pick([]string{"limit", "timeoutSeconds"}) + "=" + m.pick(numberValues)
	case 6:
		return m.pick(queryKeys)
	}
	return m.pick(queryKeys) + "=" + m.pick([][]string{watchValues, numberValues, fieldTerms, labelTerms, names}[m.IntN(5)])
}

func (m maker) terms(words []string) string {
	terms := m.pick(words)
	for m.chance(35) {
		terms += m.pick([]string{",", ",", "%2C", "%5C,", ",,", "&"}) + m.pick(words)
	}
	return terms
}

func (m maker) otherForm() string {
	target := m.wellFormed()
	return m.pick([]string{
		"*", "", "http://h" + target, "https://h:6443" + target, "HTTP://h" + target, "h:443", "//h" + target, "http:" + target, target[1:], "?watch=1",
		"#" + target, "\\" + target, " " + target, target + " HTTP/1.1", target + "\r\nX: y", target + "\r", "\x00" + target, "/" + target, "ftp://h" + target,
		"http://h", "http://u:p@h" + target, "h" + target, target + " HTTP/1.1\r\nHost: x\r\n\r\nGET /", ".", "..", "/..", "*/", "/*", "[::1]:443",
	})
}

// long makes targets around the limits of length and of pairs.
func (m maker) long() string {
	edge := maxTargetBytes - 20 + m.IntN(40)
	switch m.IntN(4) {
	case 0:
		return "/api/v1/pods/" + strings.Repeat("a", edge-13)
	case 1:
		return "/api/v1/pods?watch=1" + strings.Repeat("&a", maxQueryPairs-3+m.IntN(6))
	case 2:
		return "/api/v1/nodes/n/proxy/" + strings.Repeat(m.pick([]string{"a/", "%25", "%2f", ".a/", "%c0%af", "x;"}), 200+m.IntN(800)) + m.pick(tails)
	}
	return "/" + strings.Repeat(m.pick([]string{"a/", "%2", "..", "a"}), m.IntN(3000)) + m.query(50)
}

var insertions = []string{
	"/", "//", "/./", "/../", "%2f", "%2F", "%5c", "\\", ";", ";x=1", "#", "?", "&", "=", "%", "%2", "%zz", "%00", "%25", ".", "..", "%2e", "%252e",
	"%c0%ae", "%c0%af", "\x00", "\t", "\n", "\r", " ", "\x7f", "\x80", "\xff", "\xc3\xa9", "+", ",", "!", "%0a", "/proxy", "/watch", "/namespaces/x", "watch=1",
	"&watch=0", "&watch", "&fieldSelector=metadata.name=y", "&labelSelector=a", "&limit=x", "%5C", "~", "*", ":", "@", "'", "\"", "<", "|", "^", "`", "{", "[",
}

// mutate does one small thing to a target.
func (m maker) mutate(target string) string {
	if target == "" {
		return m.pick(insertions)
	}
	at := m.IntN(len(target))
	to := min(len(target), at+1+m.IntN(6))
	switch m.IntN(10) {
	case 0, 1:
		return target[:at] + m.pick(insertions) + target[at:]
	case 2:
		return target[:at] + target[to:]
	case 3:
		return target[:to] + target[at:]
	case 4:
		return target[:at] + fmt.Sprintf(m.pick([]string{"%%%02x", "%%%02X", "%%25%02x"}), target[at]) + target[at+1:]
	case 5:
		return target[:at] + string([]byte{byte(m.IntN(256))}) + target[at+1:]
	case 6:
		if char := target[at]; char < 0x80 {
			return target[:at] + overlong(char, 2+m.IntN(5)) + target[at+1:]
		}
		return target[:at]
	case 7:
		return target[:at] + string([]byte{target[at] ^ 0x20}) + target[at+1:]
	case 8:
		return m.swapSegments(target)
	}
	return m.spliced(target, at)
}

func (m maker) swapSegments(target string) string {
	separator := m.pick([]string{"/", "&", ","})
	parts := strings.Split(target, separator)
	m.Shuffle(len(parts), func(i, j int) {
		if m.chance(30) {
			parts[i], parts[j] = parts[j], parts[i]
		}
	})
	return strings.Join(parts, separator)
}

func (m maker) spliced(target string, at int) string {
	other := m.soup() + m.query(50)
	return target[:at] + other[m.IntN(len(other)+1):]
}
