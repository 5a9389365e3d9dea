// Package cgo asks the C library for what Go knows as well.
package cgo

// #include <unistd.h>
import "C"

func pid() int { return int(C.getpid()) }
