// The soak's server: answers each request with what its number makes, counts, and tells the count when it is asked.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

func main() {
	var answered int64
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil {
			http.Error(w, "no number", http.StatusBadRequest)
			return
		}
		atomic.AddInt64(&answered, 1)
		fmt.Fprintf(w, "%d %s", n, strings.Repeat("x", n%512))
	})
	http.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, atomic.LoadInt64(&answered))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	fmt.Println(http.Serve(listener, nil))
}
