// Faults and panics recovered: nil dereference, index, division, a fault at an address.
package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

type thing struct{ field [100]int }

func try(name string, f func()) {
	defer func() {
		r := recover()
		var fault runtime.Error
		err, _ := r.(error)
		fmt.Println(name, errors.As(err, &fault), r)
	}()
	f()
}

func main() {
	var nothing *thing
	var empty []int
	zero := 0
	debug.SetPanicOnFault(true)
	for i := 0; i < 3; i++ {
		try("nil", func() { fmt.Println(nothing.field[7]) })
		try("index", func() { fmt.Println(empty[zero+3]) })
		try("division", func() { fmt.Println(1 / zero) })
		done := make(chan bool)
		go func() {
			try("nil in a goroutine", func() { nothing.field[3] = 1 })
			close(done)
		}()
		<-done
	}
}
