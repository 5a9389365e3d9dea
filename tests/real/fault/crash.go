// Reads through a nil pointer in a goroutine; driven under ptrace, it is stopped before its runtime notices.
package main

import "os"

type node struct{ a, b [2]int }

//go:noinline
func crashInGo(n *node) int { return n.b[1] }

//go:noinline
func middle(n *node, x int) int { return crashInGo(n) + x }

func main() {
	done := make(chan int)
	go func() { done <- middle(nil, len(os.Args)) }()
	<-done
}
