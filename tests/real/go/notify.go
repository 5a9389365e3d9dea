// signal.Notify: from itself, from a child; ignored and reset again.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func wait(c chan os.Signal) string {
	select {
	case s := <-c:
		return s.String()
	case <-time.After(5 * time.Second):
		return "nothing"
	}
}

func main() {
	c := make(chan os.Signal, 100)
	signals := []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM,
		syscall.SIGALRM, syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGIO}
	signal.Notify(c, signals...)
	for _, s := range signals {
		syscall.Kill(os.Getpid(), s.(syscall.Signal))
		fmt.Println(wait(c) == s.String()) // the systems name some differently
	}
	signal.Reset()
	signal.Notify(c, syscall.SIGUSR1)
	child := exec.Command("sh", "-c", fmt.Sprintf("kill -USR1 %d", os.Getpid()))
	fmt.Println(child.Run(), wait(c))

	signal.Notify(c, syscall.SIGCHLD)
	fmt.Println(exec.Command("true").Run(), wait(c))
	signal.Reset(syscall.SIGCHLD)

	signal.Ignore(syscall.SIGHUP)
	syscall.Kill(os.Getpid(), syscall.SIGHUP)
	fmt.Println("still here")

	count := 0
	for i := 0; i < 200; i++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		if wait(c) == syscall.SIGUSR1.String() {
			count++
		}
	}
	fmt.Println(count)
}
