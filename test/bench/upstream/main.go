// A stand-in for kube-apiserver that costs as little as it can, so that what is measured is the proxy: TLS,
// HTTP/1.1 and HTTP/2 (100 streams a connection, as kube-apiserver advertises).
//
//	GET …/pods/<name>        a pod of 1 KB
//	GET …/configmaps         a list of 1 MiB, the same bytes each time
//	GET …?watch=true         no event until one is told; then one line each
//
// A second, plain listener on loopback is the bench's own: GET /counts, POST /emit.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	podBytes  = 1024
	listBytes = 1 << 20
)

var requests, answered atomic.Int64

func main() {
	address := flag.String("address", "", "host:port of the API")
	control := flag.String("control", "", "host:port of the bench's own listener")
	certificate := flag.String("certificate", "", "PEM file")
	key := flag.String("key", "", "PEM file")
	flag.Parse()

	watches := newWatches()
	go func() { log.Fatal(http.ListenAndServe(*control, controlHandler(watches))) }()
	server := &http.Server{
		Addr:    *address,
		Handler: apiHandler(watches),
		HTTP2:   &http.HTTP2Config{MaxConcurrentStreams: 100},
	}
	log.Fatal(server.ListenAndServeTLS(*certificate, *key))
}

func apiHandler(watches *watches) http.Handler {
	pod := padded(`{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","namespace":"team-00","annotations":{"pad":"`, `"}}}`, podBytes)
	list := padded(`{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"big"},"data":{"pad":"`, `"}}]}`, listBytes)
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		requests.Add(1)
		if strings.Contains(request.URL.RawQuery, "watch=") {
			watches.serve(response, request)
			return
		}
		body := pod
		if strings.HasSuffix(request.URL.Path, "/configmaps") {
			body = list
		}
		header := response.Header()
		header["Content-Type"] = []string{"application/json"}
		header["Cache-Control"] = []string{"no-cache, private"}
		header["Audit-Id"] = request.Header["Audit-Id"]
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
		if _, err := response.Write(body); err == nil {
			answered.Add(1)
		}
	})
}

// padded fills the middle so that the whole has `size` bytes.
func padded(head, tail string, size int) []byte {
	return []byte(head + strings.Repeat("x", size-len(head)-len(tail)) + tail)
}

func controlHandler(watches *watches) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /counts", func(response http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(response).Encode(map[string]int64{
			"requests": requests.Load(),
			"answered": answered.Load(),
			"watches":  watches.open(),
		})
	})
	mux.HandleFunc("POST /emit", func(response http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(response, watches.emit(time.Now()))
	})
	return mux
}

// event is a watch event that carries the moment when it was told, in Unix nanoseconds.
func event(at time.Time) []byte {
	var line bytes.Buffer
	fmt.Fprintf(&line, `{"type":"MODIFIED","object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","annotations":{"at":"%d"}}}}`+"\n", at.UnixNano())
	return line.Bytes()
}
