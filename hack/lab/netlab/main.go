// Command netlab is what the test lab runs inside its network namespaces besides Kubernetes itself:
// small servers, probes with exact timestamps, a packet recorder, and the guardian that removes a lab
// whose owner died.
//
// It is a program of its own, and uses nothing but the standard library, so that a change here does
// not cost a link of all of Kubernetes, and so that a pod of the lab weighs a few megabytes.
package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

const usage = `usage: netlab PROGRAM [flags]

servers
  httpd      answers HTTP with a text
  udpecho    answers datagrams with a text and what it got
  apiside    token reviews and guest agent information for an API server

probes (JSON lines on stdout, times are CLOCK_MONOTONIC nanoseconds)
  agent      HTTP requests on demand, one JSON line on stdin each
  http       one HTTP request per interval, whether or not earlier ones were answered
  udp        one datagram per interval
  neighbour  one ARP or NDP question per interval and address; prints every answer and announcement
  record     writes packets into a pcap file

links
  relay      carries frames between two interfaces, late
  announce   tells all neighbours once where an address is

lab
  guard      waits for the end of stdin, then removes the lab
  destroy    removes a lab: its processes, namespaces and files
`

var programs = map[string]func([]string) error{
	"httpd":     httpd,
	"udpecho":   udpEcho,
	"apiside":   apiSide,
	"agent":     agent,
	"http":      probeHTTP,
	"udp":       probeUDP,
	"neighbour": probeNeighbour,
	"record":    record,
	"relay":     relay,
	"announce":  announce,
	"guard":     guard,
	"destroy":   destroyCommand,
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	program, known := programs[os.Args[1]]
	if !known {
		fmt.Fprintf(os.Stderr, "netlab: unknown program %q\n%s", os.Args[1], usage)
		os.Exit(2)
	}
	if err := program(os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "netlab %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// monotonic is CLOCK_MONOTONIC in nanoseconds, the clock behind Java's System.nanoTime, so that times
// of several processes on one machine can be compared.
func monotonic() int64 {
	const clockMonotonic = 1
	var ts syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		panic(errno)
	}
	return ts.Nano()
}
