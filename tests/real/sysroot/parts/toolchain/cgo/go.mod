module example/cgo

go 1.19
