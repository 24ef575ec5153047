package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/apiserver/pkg/util/flushwriter"
	criapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	crilogs "k8s.io/cri-client/pkg/logs"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

// attachHistory is how many old lines somebody who attaches is shown.
const attachHistory = 10

// noRuntime makes the log reader believe that every container still runs.
type noRuntime struct{ criapi.RuntimeService }

func (noRuntime) ContainerStatus(context.Context, string, bool) (*runtimeapi.ContainerStatusResponse, error) {
	return nil, status.Error(codes.Unavailable, "there is no container runtime")
}

func (n *node) logFile(pod string) (string, error) {
	path := filepath.Join(n.logsDirectory, strings.ReplaceAll(pod, "/", "_")+".log")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	return path, file.Close()
}

func number(query url.Values, name string) *int64 {
	value, err := strconv.ParseInt(query.Get(name), 10, 64)
	if err != nil {
		return nil
	}
	return &value
}

func logOptions(query url.Values) *crilogs.LogOptions {
	options := &crilogs.LogOptions{
		Follow:     query.Get("follow") == "true",
		Timestamp:  query.Get("timestamps") == "true",
		TailLines:  number(query, "tailLines"),
		LimitBytes: number(query, "limitBytes"),
	}
	if seconds := number(query, "sinceSeconds"); seconds != nil {
		options.Since = time.Now().Add(-time.Duration(*seconds) * time.Second)
	}
	if since, err := time.Parse(time.RFC3339, query.Get("sinceTime")); err == nil && since.After(options.Since) {
		options.Since = since
	}
	return options
}

func (n *node) serveLogs(w http.ResponseWriter, r *http.Request) {
	// As a kubelet whose own check of the API server's credential fails.
	if r.PathValue("container") == "unauthorized" {
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	pod, ok := podOf(r)
	query := r.URL.Query()
	if !ok || query.Get("previous") == "true" {
		http.Error(w, "there is no such log", http.StatusBadRequest)
		return
	}
	path, err := n.logFile(pod)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	// Headers first: a follower of a silent pod must learn at once that it follows.
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusOK)
	http.NewResponseController(w).Flush()
	out := flushwriter.Wrap(w)
	if err := crilogs.ReadLogs(r.Context(), path, "", logOptions(query), noRuntime{}, out, out); err != nil && r.Context().Err() == nil {
		fmt.Fprintln(out, err)
	}
}

// AttachContainer shows the end of the pod's log and follows it. What the client
// types becomes log lines, as if the pod's main process printed its stdin.
func (n *node) AttachContainer(ctx context.Context, pod, _, _ string, in io.Reader, out, errOut io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize) error {
	path, err := n.logFile(pod)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if in != nil {
		go func() {
			defer cancel()
			appendInput(path, in)
			// The reader of the log must have time to show the last line.
			time.Sleep(200 * time.Millisecond)
		}()
	}
	history := int64(attachHistory)
	options := &crilogs.LogOptions{Follow: true, TailLines: &history}
	var stdout, stderr io.Writer = io.Discard, io.Discard
	if out != nil {
		stdout = out
	}
	if errOut != nil {
		stderr = errOut
	}
	err = crilogs.ReadLogs(ctx, path, "", options, noRuntime{}, stdout, stderr)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func appendInput(path string, in io.Reader) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fmt.Fprintf(file, "%s stdout F stdin: %s\n", time.Now().UTC().Format(time.RFC3339Nano), lines.Text())
	}
}
