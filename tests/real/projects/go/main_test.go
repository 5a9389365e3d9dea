package main

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

func TestSystem(t *testing.T) {
	if want := os.Getenv("GREET_SYSTEM"); runtime.GOOS != want {
		t.Fatalf("runs on %s, wanted %s", runtime.GOOS, want)
	}
}

// A test that executes its own program, as many do: the child is a FreeBSD program as well.
func TestChild(t *testing.T) {
	if os.Getenv("GREET_CHILD") == "1" {
		os.Exit(7)
	}
	command := exec.Command(os.Args[0], "-test.run=TestChild")
	command.Env = append(os.Environ(), "GREET_CHILD=1")
	err := command.Run()
	if failure, ok := err.(*exec.ExitError); !ok || failure.ExitCode() != 7 {
		t.Fatalf("the child ends with %v, not with status 7", err)
	}
}
