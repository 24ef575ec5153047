package main

import "syscall"

// dieWithParent ends commands with this process, even when it is killed.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
