// Starts a program again and again, and reads what it says through a pipe. Prints how often it said it.
//
//	spawn PROGRAM TIMES
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"strconv"
)

func check(err error) {
	if err != nil {
		log.Fatal("spawn: ", err)
	}
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: spawn PROGRAM TIMES")
	}
	times, err := strconv.Atoi(os.Args[2])
	check(err)
	for n := 0; n < times; n++ {
		out, err := exec.Command(os.Args[1]).Output()
		check(err)
		if string(out) != "hello\n" {
			log.Fatalf("spawn: it said %q", out)
		}
	}
	fmt.Println(times, "times hello")
}
