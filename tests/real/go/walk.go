// Files: a tree made, walked, renamed, and removed.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
	}
}

func main() {
	root, err := os.MkdirTemp("", "walk")
	check(err)
	defer os.RemoveAll(root)
	check(os.Chdir(root))
	for d := 0; d < 12; d++ {
		dir := fmt.Sprintf("d%d/e", d)
		check(os.MkdirAll(dir, 0o755))
		for f := 0; f < 150; f++ {
			check(os.WriteFile(fmt.Sprintf("%s/f%d", dir, f), make([]byte, f), 0o640))
		}
	}
	check(os.Symlink("d1/e", "link"))
	check(os.Link("d1/e/f7", "hard"))
	check(os.Rename("d2", "renamed"))
	files, bytes, kinds := 0, int64(0), map[fs.FileMode]int{}
	check(filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		check(err)
		info, err := entry.Info()
		check(err)
		files++
		kinds[info.Mode().Type()]++
		if info.Mode().IsRegular() {
			bytes += info.Size()
		}
		return nil
	}))
	fmt.Println(files, bytes, kinds)
	target, err := os.Readlink("link")
	fmt.Println(target, err)
	one, _ := os.Stat("hard")
	two, _ := os.Stat("link/f7")
	fmt.Println(os.SameFile(one, two), one.Mode())
	_, err = os.Open("missing")
	fmt.Println(err)
	fmt.Println(os.Remove("d1"))
	check(os.Truncate("hard", 3))
	data, err := os.ReadFile("hard")
	fmt.Println(len(data), err)
}
