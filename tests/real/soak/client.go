// The soak's client: ADDRESS REQUESTS. Eight workers, each with a connection that it gives up now and then; every
// answer is checked. A line per hundredth of the run, after which it waits for a line of standard input: whoever
// started it looks at both programs then. Last line: how many were sent, answered and wrong.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	workers    = 8
	steps      = 100
	connection = 1000 // requests on one
)

func main() {
	address := os.Args[1]
	requests, _ := strconv.Atoi(os.Args[2])
	clients := make([]*http.Client, workers)
	for i := range clients {
		clients[i] = &http.Client{Transport: &http.Transport{}}
	}
	input := bufio.NewReader(os.Stdin)
	var next, answered, wrong int64
	for step := 1; step <= steps; step++ {
		end := int64(requests) * int64(step) / steps
		var all sync.WaitGroup
		for _, client := range clients {
			all.Add(1)
			go func(client *http.Client) {
				defer all.Done()
				for {
					n := atomic.AddInt64(&next, 1)
					if n > end {
						atomic.AddInt64(&next, -1)
						return
					}
					if problem := ask(client, address, int(n)); problem != "" {
						atomic.AddInt64(&wrong, 1)
						fmt.Println("wrong:", n, problem)
					} else {
						atomic.AddInt64(&answered, 1)
					}
					if n%connection == 0 {
						client.CloseIdleConnections()
					}
				}
			}(client)
		}
		all.Wait()
		fmt.Println("step", step)
		if _, err := input.ReadString('\n'); err != nil {
			return
		}
	}
	fmt.Println("sent", next, "answered", answered, "wrong", wrong)
}

// ask makes request n and tells what is wrong with the answer.
func ask(client *http.Client, address string, n int) string {
	answer, err := client.Get(fmt.Sprintf("http://%s/?n=%d", address, n))
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	if want := fmt.Sprintf("%d %s", n, strings.Repeat("x", n%512)); string(body) != want {
		return fmt.Sprintf("answer %q, wanted %q", body, want)
	}
	return ""
}
