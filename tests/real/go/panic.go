// A panic that nobody recovers: message, trace, exit status 2.
package main

//go:noinline
func sink(n int) {
	if n == 0 {
		panic("out of luck")
	}
	sink(n - 1)
}

func main() {
	sink(3)
}
