// Opens many watches and tells when events arrive: each on a connection of its own (HTTP/1.1), or all over as few
// HTTP/2 connections as carry that many streams each.
//
//	watcher -origin https://127.0.0.1:1 -ca ca.crt -requests file -count 100 [-streams 100]
//
// The file is that of send.lua. Prints one line of JSON when all are open; then one for each line on standard input,
// when every open watch has had one more event, or ten seconds are over. Ends at the end of its input.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	dialing = 64
	opening = 30 * time.Second
	wait    = 10 * time.Second
)

var toldAt = regexp.MustCompile(`"at":"(\d+)"`)

func main() {
	origin := flag.String("origin", "", "scheme, host and port")
	ca := flag.String("ca", "", "PEM file")
	requests := flag.String("requests", "", "file of paths and headers")
	count := flag.Int("count", 1, "how many watches")
	streams := flag.Int("streams", 0, "watches a connection, over HTTP/2; 0: one, over HTTP/1.1")
	flag.Parse()

	base, err := url.Parse(*origin)
	check(err)
	pem, err := os.ReadFile(*ca)
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	lines, err := os.ReadFile(*requests)
	check(err)
	all := strings.Split(strings.TrimSpace(string(lines)), "\n")
	open := openOwn(base, &tls.Config{RootCAs: pool, NextProtos: []string{"http/1.1"}})
	var dialled atomic.Int64
	if *streams > 0 {
		open = openShared(base, clients(*count, *streams, &tls.Config{RootCAs: pool}, &dialled), *streams)
	}

	events := make(chan time.Duration, *count*16)
	ended := make(chan error, *count)
	opened := openAll(*count, func(at int) error {
		body, err := open(at, parse(all[at%len(all)]))
		if err == nil {
			go read(body, events, ended)
		}
		return err
	})
	report := map[string]any{"open": opened.open, "failed": opened.failed, "connections": opened.open}
	if opened.failure != nil {
		report["failure"] = opened.failure.Error()
	}
	if *streams > 0 {
		report["connections"] = dialled.Load()
	}
	say(report)
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		say(collect(opened.open, events, len(ended)))
	}
}

type openedWatches struct {
	open, failed int
	failure      error
}

func openAll(count int, open func(at int) error) openedWatches {
	var result openedWatches
	var mutex sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, dialing)
	for at := range count {
		slots <- struct{}{}
		group.Go(func() {
			err := open(at)
			mutex.Lock()
			if err == nil {
				result.open++
			} else {
				result.failed++
				result.failure = err
			}
			mutex.Unlock()
			<-slots
		})
	}
	group.Wait()
	return result
}

type request struct {
	path    string
	headers http.Header
}

func parse(line string) request {
	fields := strings.Split(line, "\t")
	headers := http.Header{}
	for at := 1; at+1 < len(fields); at += 2 {
		headers.Set(fields[at], fields[at+1])
	}
	return request{fields[0], headers}
}

type opener func(at int, wanted request) (io.Reader, error)

func openOwn(base *url.URL, config *tls.Config) opener {
	return func(_ int, wanted request) (io.Reader, error) {
		connection, err := dial(base, config)
		if err != nil {
			return nil, err
		}
		_ = connection.SetDeadline(time.Now().Add(opening))
		var head strings.Builder
		fmt.Fprintf(&head, "GET %s HTTP/1.1\r\nHost: %s\r\n", wanted.path, base.Host)
		_ = wanted.headers.Write(&head)
		if _, err := io.WriteString(connection, head.String()+"\r\n"); err != nil {
			return nil, err
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		_ = connection.SetDeadline(time.Time{})
		return bodyOf(response, err)
	}
}

func dial(base *url.URL, config *tls.Config) (net.Conn, error) {
	if base.Scheme == "http" {
		return net.Dial("tcp", base.Host)
	}
	return tls.Dial("tcp", base.Host, config)
}

func openShared(base *url.URL, clients []*http.Client, streams int) opener {
	return func(at int, wanted request) (io.Reader, error) {
		asked, err := http.NewRequest(http.MethodGet, base.String()+wanted.path, nil)
		if err != nil {
			return nil, err
		}
		asked.Header = wanted.headers
		response, err := clients[at/streams].Do(asked)
		if err == nil && response.ProtoMajor != 2 {
			err = fmt.Errorf("answered over %s", response.Proto)
		}
		return bodyOf(response, err)
	}
}

func bodyOf(response *http.Response, err error) (io.Reader, error) {
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s", response.Status)
	}
	return response.Body, nil
}

func read(body io.Reader, events chan<- time.Duration, ended chan<- error) {
	lines := bufio.NewReaderSize(body, 512)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			ended <- err
			return
		}
		if match := toldAt.FindStringSubmatch(line); match != nil {
			nanos, _ := strconv.ParseInt(match[1], 10, 64)
			events <- time.Since(time.Unix(0, nanos))
		}
	}
}

func collect(count int, events <-chan time.Duration, ended int) map[string]any {
	var delays []float64
	late := time.After(wait)
	for len(delays) < count {
		select {
		case delay := <-events:
			delays = append(delays, float64(delay.Microseconds())/1000)
			continue
		case <-late:
		}
		break
	}
	sort.Float64s(delays)
	at := func(share float64) float64 {
		if len(delays) == 0 {
			return 0
		}
		return delays[int(share*float64(len(delays)-1))]
	}
	return map[string]any{"received": len(delays), "ended": ended, "p50Ms": at(0.5), "p99Ms": at(0.99), "lastMs": at(1)}
}

func say(value any) {
	check(json.NewEncoder(os.Stdout).Encode(value))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
