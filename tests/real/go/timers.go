// Timers, tickers, deadlines: all of them, and not before their time. In which order functions run whose times have
// all come is nobody's promise: each is a goroutine of its own.
package main

import (
	"context"
	"fmt"
	"time"
)

type firing struct {
	number int
	after  time.Duration
}

func main() {
	const step = 40 * time.Millisecond
	start := time.Now()
	fired := make(chan firing, 10)
	for i := 10; i >= 1; i-- {
		i := i
		time.AfterFunc(time.Duration(i)*step, func() { fired <- firing{i, time.Since(start)} })
	}
	times := map[int]int{}
	early := 0
	for i := 0; i < 10; i++ {
		f := <-fired
		times[f.number]++
		if f.after < time.Duration(f.number)*step {
			early++
		}
	}
	fmt.Println(times, early)

	ticker := time.NewTicker(5 * time.Millisecond)
	for i := 0; i < 5; i++ {
		<-ticker.C
	}
	ticker.Stop()

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	fmt.Println(ctx.Err())

	before := time.Now()
	time.Sleep(30 * time.Millisecond)
	slept := time.Since(before)
	fmt.Println(slept >= 30*time.Millisecond, slept < 2*time.Second)
}
