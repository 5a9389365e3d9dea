// A FreeBSD program of Go's that dies of a fault in a goroutine, past its runtime: it blocks SIGSEGV first, and a
// fault whose signal is blocked ends the process (sigexit in FreeBSD's trapsignal).
package main

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

const sigBlock = 1 // FreeBSD's SIG_BLOCK

type node struct{ a, b [2]int }

//go:noinline
func crashInGo(n *node) int { return n.b[1] }

//go:noinline
func middle(n *node, x int) int { return crashInGo(n) + x }

func die(done chan int) {
	runtime.LockOSThread()
	set := [4]uint32{1 << (uint(syscall.SIGSEGV) - 1)}
	syscall.RawSyscall(syscall.SYS_SIGPROCMASK, sigBlock, uintptr(unsafe.Pointer(&set)), 0)
	done <- middle(nil, len(os.Args))
}

func main() {
	done := make(chan int)
	go die(done)
	<-done
}
