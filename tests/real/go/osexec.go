// os/exec: pipelines with host programs, and with this program itself as guest.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
	}
}

// pipeline: `first` into `second`, both started before either ends.
func pipeline(first, second *exec.Cmd) string {
	r, w := io.Pipe()
	var out bytes.Buffer
	first.Stdout, second.Stdin, second.Stdout = w, r, &out
	check(second.Start())
	check(first.Run())
	w.Close()
	check(second.Wait())
	return out.String()
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "upper" {
		data, err := io.ReadAll(os.Stdin)
		check(err)
		fmt.Print(strings.ToUpper(string(data)), os.Getenv("GREETING"))
		os.Exit(5)
	}
	out, err := exec.Command("sh", "-c", "echo out; echo err >&2; exit 3").CombinedOutput()
	fmt.Printf("%q %v\n", out, err)

	fmt.Printf("%q\n", pipeline(exec.Command("printf", `c\nb\na\n`), exec.Command("sort")))

	self := exec.Command(os.Args[0], "upper")
	self.Stdin = strings.NewReader("through a guest, ")
	self.Env = append(os.Environ(), "GREETING=hello")
	out, err = self.Output()
	fmt.Printf("%q %v\n", out, err)

	shout := exec.Command(os.Args[0], "upper")
	shout.Env = []string{}
	fmt.Printf("%q\n", pipeline(exec.Command("cat", "/dev/null"), shout))

	_, err = exec.Command("/nonexistent/program").Output()
	fmt.Println(err)
	_, err = exec.Command("/etc/passwd").Output()
	fmt.Println(err)

	killed := exec.Command("sleep", "100")
	check(killed.Start())
	killed.Process.Kill()
	fmt.Println(killed.Wait())

	for i := 0; i < 20; i++ {
		out, err := exec.Command("echo", fmt.Sprint(i)).Output()
		check(err)
		fmt.Print(strings.TrimSpace(string(out)), " ")
	}
	fmt.Println()
}
