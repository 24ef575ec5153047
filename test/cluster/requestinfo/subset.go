package main

import (
	"math/bits"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// The strict subset, written from docs/request-rules.md ("Targets") and not from libs/kube.

const (
	maxTargetBytes = 64 << 10
	// Go 1.26 takes a query of more pairs for an empty one (net/url), older versions do not.
	maxQueryPairs = 10_000
)

var (
	badEscape = regexp.MustCompile(`%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)`)
	notAscii  = regexp.MustCompile(`[^!-~]`)
)

// outsideStrictSubset says why a pair is outside, in a word that can be counted; empty where it is inside.
func outsideStrictSubset(pair Pair) string {
	if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, pair.Method) {
		return "method"
	}
	switch target := pair.Target; {
	case len(target) > maxTargetBytes:
		return "length"
	case !strings.HasPrefix(target, "/"):
		return "form"
	case notAscii.MatchString(target):
		return "byte"
	case badEscape.MatchString(target):
		return "escape"
	}
	path, query, _ := strings.Cut(pair.Target, "?")
	head, tail := cutProxy(path)
	if why := outsideHead(head); why != "" {
		return why
	}
	if hidesDotSegment(tail) {
		return "tail dots"
	}
	if hasLegacyPrefix(path) {
		return "legacy prefix"
	}
	if pair.Method == "OPTIONS" && !reachesProxy(pair) {
		return "method"
	}
	return outsideQuery(query)
}

// cutProxy cuts a path behind the literal `/proxy` of a core service, pod or node. Whether it is that is asked of the
// API server's own factory, for the path up to each such word.
func cutProxy(path string) (head, tail string) {
	for from := 0; ; {
		at := strings.Index(path[from:], "/proxy")
		if at < 0 {
			return path, ""
		}
		end := from + at + len("/proxy")
		from += at + 1
		if end < len(path) && path[end] != '/' {
			continue
		}
		info := read(Pair{"GET", path[:end]}).Info
		if info == nil || !info.IsResourceRequest || info.APIPrefix != "api" || len(info.Parts) != 3 {
			continue
		}
		if info.Parts[2] == "proxy" && slices.Contains([]string{"services", "pods", "nodes"}, info.Resource) {
			return path[:end], path[end:]
		}
	}
}

func outsideHead(head string) string {
	if head == "/" {
		return ""
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(head[1:], "/"), "/") {
		if segment == "" {
			return "empty segment"
		}
		if strings.ContainsAny(segment, `\;#`) {
			return "separator"
		}
		decoded, err := url.PathUnescape(segment)
		if err != nil {
			return "escape"
		}
		decoded = readLeniently(decoded)
		if decoded == "." || decoded == ".." {
			return "dots"
		}
		if strings.ContainsAny(decoded, "/\\%\x00") {
			return "encoded separator"
		}
	}
	return ""
}

// readLeniently reads UTF-8 as a decoder does that never checks for the shortest form: a character below 0x80, however
// many bytes it was spelled with, becomes that one; everything else stays as it is.
func readLeniently(text string) string {
	var out strings.Builder
	for at := 0; at < len(text); {
		width := bits.LeadingZeros8(^text[at])
		value := int(text[at]) & (0xff >> (width + 1))
		isSequence := width >= 2 && width <= 6 && at+width <= len(text)
		for i := 1; isSequence && i < width; i++ {
			isSequence = text[at+i]>>6 == 2
			value = value<<6 | int(text[at+i]&0x3f)
		}
		if isSequence && value < 0x80 {
			out.WriteByte(byte(value))
			at += width
		} else {
			out.WriteByte(text[at])
			at++
		}
	}
	return out.String()
}

// hidesDotSegment decodes until nothing changes any more, and looks after each step for a dot segment between slashes
// or backslashes, with a matrix parameter or a NUL behind it or without.
func hidesDotSegment(tail string) bool {
	for {
		for _, segment := range strings.FieldsFunc(tail, func(r rune) bool { return r == '/' || r == '\\' }) {
			if end := strings.IndexAny(segment, ";\x00"); end >= 0 {
				segment = segment[:end]
			}
			if segment == "." || segment == ".." {
				return true
			}
		}
		next := readLeniently(decodeValidEscapes(tail))
		if next == tail {
			return false
		}
		tail = next
	}
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

func decodeValidEscapes(text string) string {
	return escape.ReplaceAllStringFunc(text, func(found string) string {
		decoded, _ := url.PathUnescape(found)
		return decoded
	})
}

func hasLegacyPrefix(path string) bool {
	decoded, _ := url.PathUnescape(path)
	parts := strings.Split(strings.Trim(decoded, "/"), "/")
	at := map[string]int{"api": 2, "apis": 3}[parts[0]]
	if at == 0 || len(parts) <= at {
		return false
	}
	// In a named group, and with something behind it, `proxy` is a verb of its own.
	isVerb := at == 3 && len(parts) > at+1
	return parts[at] == "watch" || (parts[at] == "proxy" && !isVerb)
}

// reachesProxy says whether a pair is for the subresource proxy of something that has a name.
func reachesProxy(pair Pair) bool {
	info := read(pair).Info
	return info != nil && info.IsResourceRequest && info.Subresource == "proxy" && info.Name != ""
}

func outsideQuery(query string) string {
	if strings.Contains(query, ";") {
		return "semicolon"
	}
	if strings.Count(query, "&") >= maxQueryPairs {
		return "pairs"
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return "query escape"
	}
	for _, key := range []string{"watch", "fieldSelector", "labelSelector"} {
		if len(values[key]) > 1 {
			return "repeated " + key
		}
	}
	return ""
}
