package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
)

// clients are as many as are needed for `count` watches, each with one HTTP/2 connection.
func clients(count, streams int, config *tls.Config, dialled *atomic.Int64) []*http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	all := make([]*http.Client, (count+streams-1)/streams)
	for at := range all {
		all[at] = &http.Client{Transport: &http.Transport{
			TLSClientConfig: config,
			Protocols:       protocols,
			MaxConnsPerHost: 1,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				dialled.Add(1)
				return new(net.Dialer).DialContext(ctx, network, address)
			},
		}}
	}
	return all
}
