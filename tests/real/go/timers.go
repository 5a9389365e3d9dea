// Timers, tickers, deadlines: in order, and not before their time.
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	start := time.Now()
	fired := make(chan int, 20)
	for i := 10; i >= 1; i-- {
		i := i
		time.AfterFunc(time.Duration(i)*40*time.Millisecond, func() { fired <- i })
	}
	for i := 1; i <= 10; i++ {
		fmt.Print(<-fired, " ")
	}
	fmt.Println(time.Since(start) >= 400*time.Millisecond)

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
