package main

import (
	"context"
	"fmt"
	"io"
	"net"
)

// PortForward joins one forwarded connection to the page that stands for the pod's port.
func (n *node) PortForward(ctx context.Context, pod, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	target, found := n.forwards[fmt.Sprintf("%s:%d", pod, port)]
	if !found {
		return fmt.Errorf("nothing listens on port %d of pod %s", port, pod)
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", target)
	if err != nil {
		return err
	}
	defer connection.Close()
	go func() {
		_, _ = io.Copy(connection, stream)
		_ = connection.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(stream, connection)
	return err
}
