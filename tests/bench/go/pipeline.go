// JSON, gzip and SHA-256 in a row: records are made, encoded and packed into a file; the file is read back, unpacked,
// decoded and summed up. Prints the sums, which depend on every byte.
//
//	pipeline RECORDS FOLDER
package main

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
)

type item struct {
	Name  string  `json:"name"`
	Count int     `json:"count"`
	Price float64 `json:"price"`
}

type record struct {
	ID    int               `json:"id"`
	Title string            `json:"title"`
	Tags  map[string]string `json:"tags"`
	Items []item            `json:"items"`
}

func check(err error) {
	if err != nil {
		log.Fatal("pipeline: ", err)
	}
}

// random is a fixed sequence: both systems must make the same records.
type random uint64

func (r *random) next(n int) int {
	*r = *r*6364136223846793005 + 1442695040888963407
	return int(uint64(*r)>>33) % n
}

func makeRecord(id int, r *random) record {
	made := record{ID: id, Title: fmt.Sprintf("record %d of %d", id, r.next(1000)), Tags: map[string]string{}}
	for n := 0; n < 4; n++ {
		made.Tags[fmt.Sprintf("tag%d", n)] = strconv.Itoa(r.next(1 << 20))
	}
	for n := 0; n < 1+r.next(8); n++ {
		made.Items = append(made.Items, item{fmt.Sprintf("item-%x", r.next(1<<24)), r.next(100), float64(r.next(100000)) / 100})
	}
	return made
}

func write(path string, records int) {
	file, err := os.Create(path)
	check(err)
	packed := gzip.NewWriter(file)
	encoder := json.NewEncoder(packed)
	r := random(1)
	for id := 0; id < records; id++ {
		check(encoder.Encode(makeRecord(id, &r)))
	}
	check(packed.Close())
	check(file.Close())
}

func read(path string) (records, count int, price float64, plain int64, digest []byte) {
	file, err := os.Open(path)
	check(err)
	defer file.Close()
	unpacked, err := gzip.NewReader(bufio.NewReader(file))
	check(err)
	sum := sha256.New()
	tee := &counter{}
	decoder := json.NewDecoder(io.TeeReader(unpacked, io.MultiWriter(sum, tee)))
	for {
		var one record
		err := decoder.Decode(&one)
		if err == io.EOF {
			return records, count, price, tee.bytes, sum.Sum(nil)
		}
		check(err)
		records++
		for _, item := range one.Items {
			count += item.Count
			price += item.Price
		}
	}
}

type counter struct{ bytes int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: pipeline RECORDS FOLDER")
	}
	wanted, err := strconv.Atoi(os.Args[1])
	check(err)
	path := filepath.Join(os.Args[2], "records.json.gz")
	write(path, wanted)
	records, count, price, plain, digest := read(path)
	packed, err := os.ReadFile(path)
	check(err)
	fmt.Printf("%d records, %d things, %.2f, %d bytes %x, packed %x\n", records, count, price, plain, digest,
		sha256.Sum256(packed))
}
