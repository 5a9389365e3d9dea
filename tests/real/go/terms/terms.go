// What the group "terms" asks a guest to do: terms WORD [ARGUMENT].
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// A call that FreeBSD has and dragoman does not: ktrace, as in a kernel built without it.
const unsupportedCall = 45

func openDescriptors() []int {
	open := []int{}
	for fd := 0; fd < 4096; fd++ {
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT != 0 {
			open = append(open, fd)
		}
	}
	return open
}

func unsupported() syscall.Errno {
	_, _, errno := syscall.RawSyscall(unsupportedCall, 0, 0, 0)
	return errno
}

func main() {
	switch os.Args[1] {
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		os.Exit(code)
	case "die":
		numbers := map[string]syscall.Signal{"SIGKILL": 9, "SIGTERM": 15, "SIGHUP": 1}
		syscall.Kill(os.Getpid(), numbers[os.Args[2]])
		select {}
	case "ids":
		sid, _, _ := syscall.RawSyscall(310, 0, 0, 0) // getsid
		fmt.Println(os.Getpid(), os.Getppid(), syscall.Getpgrp(), sid)
	case "empty-child":
		child := exec.Command(os.Args[0], "report")
		child.Env = []string{}
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Run(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	case "report":
		fmt.Println("environment:", os.Environ())
		fmt.Println("descriptors:", openDescriptors())
		fmt.Println("child", os.Getpid())
		unsupported()
	case "unsupported":
		if unsupported() == syscall.ENOSYS {
			fmt.Println("ENOSYS")
		}
	}
}
