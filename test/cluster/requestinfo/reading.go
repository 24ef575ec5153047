package main

import (
	"bufio"
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"
	genericfilters "k8s.io/apiserver/pkg/server/filters"
)

// Pair is what stands in a request line before the version: any bytes.
type Pair struct{ Method, Target string }

// The settings of kube-apiserver (config.go of k8s.io/apiserver and of its control plane).
var (
	factory = &request.RequestInfoFactory{
		APIPrefixes:          sets.NewString("api", "apis"),
		GrouplessAPIPrefixes: sets.NewString("api"),
	}
	isLongRunning = genericfilters.BasicLongRunningRequestCheck(
		sets.NewString("watch", "proxy"),
		sets.NewString("attach", "exec", "proxy", "log", "portforward"),
	)
)

// Reading is what the API server makes of a pair. Refused is set where net/http, or the factory, refuses it; where
// net/http does, Info is nil.
type Reading struct {
	Refused     string
	Info        *request.RequestInfo
	LongRunning bool
}

func read(pair Pair) Reading {
	line := pair.Method + " " + pair.Target + " HTTP/1.1\r\nHost: x\r\n\r\n"
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(line)))
	if err != nil {
		return Reading{Refused: "http: " + err.Error()}
	}
	// Bytes that end the line early make another request of it than the pair says.
	if req.Method != pair.Method || req.RequestURI != pair.Target {
		return Reading{Refused: "http: more than one request line"}
	}
	info, err := factory.NewRequestInfo(req)
	if err != nil {
		return Reading{Refused: "requestinfo: " + err.Error(), Info: info}
	}
	return Reading{Info: info, LongRunning: isLongRunning(req, info)}
}
