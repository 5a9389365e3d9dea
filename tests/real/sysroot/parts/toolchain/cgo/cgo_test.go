package cgo

import (
	"os"
	"runtime"
	"testing"
)

func TestPid(t *testing.T) {
	if runtime.GOOS != "freebsd" || pid() != os.Getpid() {
		t.Fatalf("%s: process %d by C, %d by Go", runtime.GOOS, pid(), os.Getpid())
	}
}
