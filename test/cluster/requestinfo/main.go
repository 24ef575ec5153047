// Command requestinfo says how the API server reads requests: which tuple its own RequestInfoFactory makes of a method
// and a target that net/http has read, and whether the target lies in the strict subset that Gatehouse accepts. The
// tests hold libs/kube to both. The second is written here once more, in another language and another way, so that one
// mistake has to be made twice to stay unseen.
//
//	requestinfo answer                                 cases for the pairs on standard input
//	requestinfo generate -seed 1 -count 200000 [-grid] the systematic grid, and random and mutated pairs
//
// Pairs and cases are JSON arrays, one a line, in which each character stands for one byte (U+0000 to U+00FF): targets
// may hold any byte, and what is compared is bytes. `generate -count 0` goes on until nobody reads any more.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

func main() {
	// The factory logs each query that it cannot decode, and most of these are meant to be such.
	klog.SetLogger(logr.Discard())
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	var err error
	switch command {
	case "answer":
		err = answer(os.Stdin, out)
	case "generate":
		flags := flag.NewFlagSet("generate", flag.ExitOnError)
		seed := flags.Uint64("seed", 1, "where the random numbers start")
		count := flags.Int("count", 0, "how many random and mutated pairs; 0 never ends")
		grid := flags.Bool("grid", false, "the systematic grid first")
		_ = flags.Parse(os.Args[2:])
		err = generate(out, *seed, *count, *grid)
	default:
		err = fmt.Errorf("usage: requestinfo answer | generate [-seed N] [-count N] [-grid]")
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "requestinfo:", err)
		os.Exit(1)
	}
}

func answer(in io.Reader, out *bufio.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<16), 1<<24)
	for lines.Scan() {
		pair, err := decodePair(lines.Bytes())
		if err != nil {
			return err
		}
		if err := writeCase(out, pair); err != nil {
			return err
		}
	}
	return lines.Err()
}

func generate(out *bufio.Writer, seed uint64, count int, grid bool) error {
	if grid {
		for _, pair := range systematicGrid() {
			if err := writeCase(out, pair); err != nil {
				return err
			}
		}
	}
	maker := newMaker(seed)
	for made := 0; count == 0 || made < count; made++ {
		if err := writeCase(out, maker.pair()); err != nil {
			return err
		}
	}
	return nil
}
