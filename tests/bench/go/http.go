// An HTTP server under load, on loopback: several clients of the same program ask for pages, over kept connections
// and, each tenth time, over a fresh one. Prints what came back, which must be the same on both systems.
//
//	http REQUESTS
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const clients = 4

func check(err error) {
	if err != nil {
		log.Fatal("http: ", err)
	}
}

func page(n int) string {
	return strings.Repeat(fmt.Sprintf("line of page %d\n", n), 1+n%200)
}

func answer(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	check(err)
	fmt.Fprintf(w, "%d bytes came\n%s", len(body), page(n))
}

// ask makes one request and returns the number of bytes of the right answer.
func ask(client *http.Client, url string, n int) int {
	r, err := client.Post(fmt.Sprintf("%s/%d", url, n), "text/plain", strings.NewReader(strings.Repeat("x", n%1000)))
	check(err)
	body, err := io.ReadAll(r.Body)
	check(err)
	check(r.Body.Close())
	if want := fmt.Sprintf("%d bytes came\n%s", n%1000, page(n)); string(body) != want {
		log.Fatalf("http: request %d: %d bytes came back, not %d", n, len(body), len(want))
	}
	return len(body)
}

func load(url string, requests int) (bytes int, digest []byte) {
	var group sync.WaitGroup
	sizes := make([]int, requests)
	for c := 0; c < clients; c++ {
		group.Add(1)
		go func(c int) {
			defer group.Done()
			kept := &http.Client{Transport: &http.Transport{}, Timeout: 60 * time.Second}
			fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 60 * time.Second}
			for n := c; n < requests; n += clients {
				if n/clients%10 == 9 {
					sizes[n] = ask(fresh, url, n)
				} else {
					sizes[n] = ask(kept, url, n)
				}
			}
		}(c)
	}
	group.Wait()
	sum := sha256.New()
	for n, size := range sizes {
		fmt.Fprintln(sum, n, size)
		bytes += size
	}
	return bytes, sum.Sum(nil)
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: http REQUESTS")
	}
	requests, err := strconv.Atoi(os.Args[1])
	check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go http.Serve(listener, http.HandlerFunc(answer))
	bytes, digest := load("http://"+listener.Addr().String(), requests)
	fmt.Printf("%d requests, %d bytes, %s\n", requests, bytes, hex.EncodeToString(digest))
}
