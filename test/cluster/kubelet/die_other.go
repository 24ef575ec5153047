//go:build !linux

package main

import "syscall"

// dieWithParent has no equivalent here: commands end with the SIGTERM handler.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
