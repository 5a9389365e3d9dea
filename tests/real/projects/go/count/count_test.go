package count

import (
	"fmt"
	"os"
	"testing"
)

func TestFixture(t *testing.T) {
	text, err := os.ReadFile("testdata/words")
	if err != nil {
		t.Fatal(err)
	}
	if n := Words(string(text)); n != 4 {
		t.Fatalf("%d words", n)
	}
}

func TestWanted(t *testing.T) {
	if os.Getenv("GREET_FAIL") == "1" {
		t.Fatal("as wanted")
	}
}

func ExampleWords() {
	fmt.Println(Words("one two"))
	// Output: 2
}
