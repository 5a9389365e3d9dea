// Command greet says where it runs and what it was given, and ends with the status in GREET_STATUS.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"example.org/greet/count"
)

func main() {
	fmt.Println(runtime.GOOS, count.Words(strings.Join(os.Args[1:], " ")))
	status, _ := strconv.Atoi(os.Getenv("GREET_STATUS"))
	os.Exit(status)
}
