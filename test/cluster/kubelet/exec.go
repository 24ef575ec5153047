package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// running remembers the process groups of commands, so that none outlives the cluster.
type running struct {
	mutex  sync.Mutex
	groups map[int]bool
}

func newRunning() *running { return &running{groups: map[int]bool{}} }

func (r *running) add(pid int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.groups[pid] = true
}

func (r *running) remove(pid int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.groups, pid)
}

func (r *running) killAll() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for pid := range r.groups {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// folder makes the pod's own folder, which is its working directory and HOME.
func (n *node) folder(pod string) (string, error) {
	path := filepath.Join(n.podsDirectory, strings.ReplaceAll(pod, "/", "_"))
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, os.ErrExist) {
		return path, nil
	}
	if err == nil && n.runAs != 0 {
		err = os.Chown(path, n.runAs, n.runAs)
	}
	return path, err
}

// command builds cmd with an environment of the pod's own: the host's may hold secrets.
func (n *node) command(pod string, command []string) (*exec.Cmd, error) {
	folder, err := n.folder(pod)
	if err != nil {
		return nil, err
	}
	namespace, name, _ := strings.Cut(pod, "/")
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = folder
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + folder,
		"PWD=" + folder,
		"LANG=C.UTF-8",
		"HOSTNAME=" + name,
		"POD_NAME=" + name,
		"POD_NAMESPACE=" + namespace,
	}
	cmd.SysProcAttr = dieWithParent()
	if n.runAs != 0 {
		id := uint32(n.runAs)
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: id, Gid: id}
	}
	return cmd, nil
}

// ExecInContainer runs one command in the pod's folder.
func (n *node) ExecInContainer(_ context.Context, pod, _, _ string, command []string, in io.Reader, out, errOut io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	// The kernel's parent-death signal follows the thread that forked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd, err := n.command(pod, command)
	if err != nil {
		return err
	}
	if tty {
		return exitError(n.runOnTerminal(cmd, in, out, resize))
	}
	return exitError(n.run(cmd, in, out, errOut))
}

func (n *node) run(cmd *exec.Cmd, in io.Reader, out, errOut io.WriteCloser) error {
	cmd.SysProcAttr.Setpgid = true
	// A background grandchild that keeps stdout open must not hold the stream for ever.
	cmd.WaitDelay = 30 * time.Second
	if out != nil {
		cmd.Stdout = out
	}
	if errOut != nil {
		cmd.Stderr = errOut
	}
	if in != nil {
		// Not cmd.Stdin: Wait would then wait for the client to close its side.
		stdin, err := cmd.StdinPipe()
		if err != nil {
			return err
		}
		go func() {
			_, _ = io.Copy(stdin, in)
			_ = stdin.Close()
		}()
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	n.running.add(cmd.Process.Pid)
	defer n.running.remove(cmd.Process.Pid)
	err := cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

func (n *node) runOnTerminal(cmd *exec.Cmd, in io.Reader, out io.Writer, resize <-chan remotecommand.TerminalSize) error {
	cmd.Env = append(cmd.Env, "TERM=xterm")
	terminal, err := pty.Start(cmd)
	if err != nil {
		return err
	}
	defer terminal.Close()
	n.running.add(cmd.Process.Pid)
	defer n.running.remove(cmd.Process.Pid)
	go func() {
		for size := range resize {
			_ = pty.Setsize(terminal, &pty.Winsize{Rows: size.Height, Cols: size.Width})
		}
	}()
	if in != nil {
		go func() {
			_, _ = io.Copy(terminal, in)
			// End of transmission: a shell whose client left ends, as at a hung-up line.
			_, _ = terminal.Write([]byte{4})
		}()
	}
	if out != nil {
		// Ends with EIO when the last process has closed the terminal.
		if _, err := io.Copy(out, terminal); err != nil && !errors.Is(err, syscall.EIO) {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGHUP)
		}
	}
	return cmd.Wait()
}

// exitError gives the exit code in the form that the streaming library reports to kubectl.
func exitError(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	code := exit.ExitCode()
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	return utilexec.CodeExitError{Err: fmt.Errorf("command terminated with exit code %d", code), Code: code}
}
