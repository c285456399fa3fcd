// Command promql parses expressions of PromQL, one a line on standard input, as Prometheus would. It
// prints what is wrong with each that is none, and ends with status 1 then.
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/promql/parser"
)

func main() {
	promql := parser.NewParser(parser.Options{})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	wrong := false
	for lines.Scan() {
		if _, err := promql.ParseExpr(lines.Text()); err != nil {
			wrong = true
			fmt.Printf("%s: %v\n", lines.Text(), err)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, "promql: standard input:", err)
		os.Exit(2)
	}
	if wrong {
		os.Exit(1)
	}
}
