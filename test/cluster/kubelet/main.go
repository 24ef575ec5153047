// Command kubelet serves the streaming half of a kubelet for the test bed's
// pods, which are folders of this machine instead of containers.
//
// kwok makes nodes and pods look alive but its own exec server does not do for
// testing a proxy: it never closes a command's stdin (so `exec -i -- cat` and
// `cp` hang), it loses exit codes, it hands the host's environment to commands
// and it lets anybody who reaches its port run them. This program uses
// Kubernetes' own streaming libraries, so that the protocol spoken is the real
// one, and answers nobody but the API server's client certificate.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	nodeheartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
)

const (
	idleTimeout           = 4 * time.Hour
	streamCreationTimeout = 30 * time.Second
)

// forwards maps "namespace/pod:port" to a host:port on this machine.
type forwards map[string]string

func (f forwards) String() string { return fmt.Sprint(map[string]string(f)) }

func (f forwards) Set(value string) error {
	pod, target, found := strings.Cut(value, "=")
	if !found {
		return fmt.Errorf("want namespace/pod:port=host:port, got %q", value)
	}
	f[pod] = target
	return nil
}

type node struct {
	podsDirectory string
	logsDirectory string
	runAs         int
	forwards      forwards
	running       *running
}

// A name that is not one path segment must not choose a folder.
var segment = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

func podOf(request *http.Request) (string, bool) {
	namespace, pod := request.PathValue("namespace"), request.PathValue("pod")
	return namespace + "/" + pod, segment.MatchString(namespace) && segment.MatchString(pod)
}

func (n *node) serveExec(w http.ResponseWriter, r *http.Request) {
	pod, ok := podOf(r)
	options, err := remotecommand.NewOptions(r)
	command := r.URL.Query()["command"]
	if !ok || err != nil || len(command) == 0 {
		http.Error(w, "bad exec request", http.StatusBadRequest)
		return
	}
	remotecommand.ServeExec(w, r, n, pod, "", r.PathValue("container"), command, options,
		idleTimeout, streamCreationTimeout, remotecommand.SupportedStreamingProtocols)
}

func (n *node) serveAttach(w http.ResponseWriter, r *http.Request) {
	pod, ok := podOf(r)
	options, err := remotecommand.NewOptions(r)
	if !ok || err != nil {
		http.Error(w, "bad attach request", http.StatusBadRequest)
		return
	}
	remotecommand.ServeAttach(w, r, n, pod, "", r.PathValue("container"), options,
		idleTimeout, streamCreationTimeout, remotecommand.SupportedStreamingProtocols)
}

func (n *node) servePortForward(w http.ResponseWriter, r *http.Request) {
	pod, ok := podOf(r)
	options, err := portforward.NewV4Options(r)
	if !ok || err != nil {
		http.Error(w, "bad port-forward request", http.StatusBadRequest)
		return
	}
	portforward.ServePortForward(w, r, n, pod, "", options,
		idleTimeout, streamCreationTimeout, portforward.SupportedProtocols)
}

// onlyFrom refuses every client but the API server: the client CA also signs
// the certificates of ordinary users.
func onlyFrom(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != name {
			http.Error(w, "only the API server may use this kubelet", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func main() {
	n := &node{forwards: forwards{}, running: newRunning()}
	printStages := flag.Bool("print-stages", false, "print kwok's stage files and exit")
	address := flag.String("address", "", "host:port to listen on")
	certificate := flag.String("cert", "", "serving certificate")
	key := flag.String("key", "", "its key")
	clientCA := flag.String("client-ca", "", "CA of client certificates")
	clientName := flag.String("client-name", "", "common name of the one client that is served")
	flag.StringVar(&n.podsDirectory, "pods", "", "folder that holds one folder a pod")
	flag.StringVar(&n.logsDirectory, "logs", "", "folder that holds one log file a pod")
	flag.IntVar(&n.runAs, "run-as", 0, "uid and gid of commands; 0 = this process's own")
	flag.Var(n.forwards, "forward", "namespace/pod:port=host:port, may be repeated")
	flag.Parse()

	if *printStages {
		fmt.Println(strings.Join([]string{
			nodefast.DefaultNodeInit, nodeheartbeat.DefaultNodeHeartbeat,
			podfast.DefaultPodReady, podfast.DefaultPodComplete, podfast.DefaultPodDelete,
		}, "\n---\n"))
		return
	}

	pem, err := os.ReadFile(*clientCA)
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)

	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	mux.HandleFunc("/exec/{namespace}/{pod}/{container}", n.serveExec)
	mux.HandleFunc("/attach/{namespace}/{pod}/{container}", n.serveAttach)
	mux.HandleFunc("/portForward/{namespace}/{pod}", n.servePortForward)
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", n.serveLogs)
	server := &http.Server{
		Addr:              *address,
		Handler:           onlyFrom(*clientName, mux),
		ReadHeaderTimeout: 30 * time.Second,
		TLSConfig:         &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool},
	}

	stopping, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	go func() {
		<-stopping.Done()
		n.running.killAll()
		os.Exit(0)
	}()
	log.Fatal(server.ListenAndServeTLS(*certificate, *key))
}
