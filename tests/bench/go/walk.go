// A walk over a tree of files, several times: each file is looked at and read. Prints what was seen.
//
//	walk TREE TIMES
package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strconv"
)

func check(err error) {
	if err != nil {
		log.Fatal("walk: ", err)
	}
}

type seen struct {
	files, folders int
	bytes          int64
	digest         [sha256.Size]byte
}

func walk(root string) (s seen) {
	sum := sha256.New()
	check(filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		check(err)
		info, err := entry.Info()
		check(err)
		if info.IsDir() {
			s.folders++
			return nil
		}
		content, err := os.ReadFile(path)
		check(err)
		if int64(len(content)) != info.Size() {
			log.Fatalf("walk: %s: %d bytes read, not %d", path, len(content), info.Size())
		}
		s.files++
		s.bytes += info.Size()
		relative, err := filepath.Rel(root, path)
		check(err)
		fmt.Fprintln(sum, relative, info.Mode(), info.Size())
		sum.Write(content)
		return nil
	}))
	copy(s.digest[:], sum.Sum(nil))
	return s
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: walk TREE TIMES")
	}
	times, err := strconv.Atoi(os.Args[2])
	check(err)
	first := walk(os.Args[1])
	for n := 1; n < times; n++ {
		if again := walk(os.Args[1]); again != first {
			log.Fatal("walk: the tree looks different the second time")
		}
	}
	fmt.Printf("%d times: %d files, %d folders, %d bytes, %x\n", times, first.files, first.folders, first.bytes, first.digest)
}
