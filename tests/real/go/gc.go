// The garbage collector under load, preempting loops that make no calls.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

type node struct {
	left, right *node
	pad         [4]int
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

func (n *node) count() int {
	if n == nil {
		return 0
	}
	return 1 + n.left.count() + n.right.count()
}

//go:noinline
func spin(n int) int {
	x := 1
	for i := 0; i < n; i++ {
		x = x*1664525 + 1013904223
	}
	return x
}

func main() {
	debug.SetGCPercent(10)
	var group sync.WaitGroup
	totals := make([]int, 8)
	for i := range totals {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			for n := 0; n < 12; n++ {
				totals[i] += tree(11).count()
				spin(2000000)
			}
		}(i)
	}
	group.Wait()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println(totals, stats.NumGC > 5)
}
