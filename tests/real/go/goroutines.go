// Goroutines over many threads: blocking ones, so that the runtime starts a thread for each.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"
)

func main() {
	runtime.GOMAXPROCS(4)
	const workers, turns = 40, 50
	var pipes [workers][2]int
	var group sync.WaitGroup
	sums := make([]int, workers)
	for i := range pipes {
		if err := syscall.Pipe(pipes[i][:]); err != nil {
			panic(err)
		}
		group.Add(1)
		go func(i int) {
			defer group.Done()
			var b [1]byte
			for n := 0; n < turns; n++ {
				if _, err := syscall.Read(pipes[i][0], b[:]); err != nil { // blocks its thread
					panic(err)
				}
				sums[i] += int(b[0])
			}
		}(i)
	}
	for n := 0; n < turns; n++ {
		for i := range pipes {
			syscall.Write(pipes[i][1], []byte{byte(n)})
		}
	}
	group.Wait()
	total := 0
	for _, s := range sums {
		total += s
	}
	var mutex sync.Mutex
	counter := 0
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := 0; n < 1000; n++ {
				mutex.Lock()
				counter++
				mutex.Unlock()
				if n%100 == 0 {
					runtime.Gosched()
				}
			}
		}()
	}
	group.Wait()
	fmt.Println(total, counter)
}
