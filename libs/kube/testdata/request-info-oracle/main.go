// Command request-info-oracle answers, for each line {"Method":…,"Target":…} on standard input, what the API server's
// own RequestInfoFactory reads from such a request. request-info.golden.json holds its answers; run it with
//
//	go -C test/cluster run "$PWD/libs/kube/testdata/request-info-oracle/main.go"
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"
	genericfilters "k8s.io/apiserver/pkg/server/filters"
)

type in struct{ Method, Target string }
type out struct {
	Error                                                                         string `json:",omitempty"`
	IsResource                                                                    bool
	Verb, APIPrefix, Group, Version, Namespace, Resource, Subresource, Name, Path string
	LongRunning                                                                   bool
}

func main() {
	f := &request.RequestInfoFactory{APIPrefixes: sets.NewString("api", "apis"), GrouplessAPIPrefixes: sets.NewString("api")}
	long := genericfilters.BasicLongRunningRequestCheck(sets.NewString("watch", "proxy"), sets.NewString("attach", "exec", "proxy", "log", "portforward"))
	sc := bufio.NewScanner(os.Stdin)
	sc.Buffer(make([]byte, 1<<20), 1<<26)
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	for sc.Scan() {
		var i in
		if err := json.Unmarshal(sc.Bytes(), &i); err != nil {
			panic(err)
		}
		o := out{}
		req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\n\r\n", i.Method, i.Target))))
		if err != nil {
			o.Error = "http: " + err.Error()
		} else if info, err := f.NewRequestInfo(req); err != nil {
			o.Error = "info: " + err.Error()
		} else {
			o = out{"", info.IsResourceRequest, info.Verb, info.APIPrefix, info.APIGroup, info.APIVersion, info.Namespace, info.Resource, info.Subresource, info.Name, info.Path, long(req, info)}
		}
		b, _ := json.Marshal(o)
		w.Write(b)
		w.WriteByte('\n')
	}
}
