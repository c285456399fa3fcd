package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// attempt is one question of a probe, as printed.
type attempt struct {
	ID      int64  `json:"id"`
	Start   int64  `json:"start"`
	End     int64  `json:"end"`
	OK      bool   `json:"ok"`
	Status  int    `json:"status,omitempty"`
	Body    string `json:"body,omitempty"`
	Backend string `json:"backend,omitempty"`
	Error   string `json:"error,omitempty"`
}

type printer struct {
	mutex sync.Mutex
	out   *bufio.Writer
}

func newPrinter() *printer { return &printer{out: bufio.NewWriter(os.Stdout)} }

func (p *printer) print(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.out.Write(append(text, '\n'))
	if p.out.Flush() != nil {
		// The reader is gone, and with it the reason to run.
		os.Exit(0)
	}
}

// A new connection for every request: the question is who answers now, not who answered first.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			Proxy:             nil,
			// Health ports with certificates that sign themselves are asked, too; who answers is not in question in a lab.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// longest is the largest answer that is taken: a page of metrics grows with what is measured, and half of one says less than none.
const longest = 16 << 20

func fetch(client *http.Client, id int64, url string, timeout time.Duration) attempt {
	a := attempt{ID: id, Start: monotonic()}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err == nil {
		var response *http.Response
		if response, err = client.Do(request); err == nil {
			var body []byte
			if body, err = io.ReadAll(io.LimitReader(response.Body, longest+1)); len(body) > longest {
				err = fmt.Errorf("an answer of more than %d bytes", longest)
			}
			response.Body.Close()
			a.Status, a.Body, a.OK = response.StatusCode, string(body), err == nil && response.StatusCode < 500
			a.Backend = response.Header.Get("X-Backend")
		}
	}
	a.End = monotonic()
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

// agent answers {"id":1,"url":"http://...","timeoutMillis":1000} lines, each with one attempt.
func agent([]string) error {
	out, client := newPrinter(), newClient()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var request struct {
			ID            int64  `json:"id"`
			URL           string `json:"url"`
			TimeoutMillis int64  `json:"timeoutMillis"`
		}
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			return err
		}
		go func() {
			out.print(fetch(client, request.ID, request.URL, time.Duration(request.TimeoutMillis)*time.Millisecond))
		}()
	}
	return lines.Err()
}

// probeHTTP asks at a fixed pace, whether or not earlier questions were answered: a slow answer must
// not hide that nobody else was asked meanwhile.
func probeHTTP(args []string) error {
	flags := flag.NewFlagSet("http", flag.ContinueOnError)
	url := flags.String("url", "", "URL to get")
	interval := flags.Duration("interval", 10*time.Millisecond, "time between questions")
	timeout := flags.Duration("timeout", time.Second, "time for one question")
	count := flags.Int64("count", 0, "questions; 0 = until killed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	out, client := newPrinter(), newClient()
	var running sync.WaitGroup
	ticker := time.NewTicker(*interval)
	defer ticker.Stop()
	for id := int64(0); *count == 0 || id < *count; id++ {
		running.Add(1)
		go func() {
			defer running.Done()
			a := fetch(client, id, *url, *timeout)
			a.Body = strings.TrimSpace(a.Body)
			out.print(a)
		}()
		<-ticker.C
	}
	running.Wait()
	return nil
}

// probeUDP sends numbered datagrams from one socket; with -port-per-question from a new one each, so
// that no connection tracking entry answers for a dead back end.
func probeUDP(args []string) error {
	flags := flag.NewFlagSet("udp", flag.ContinueOnError)
	address := flags.String("address", "", "host:port")
	interval := flags.Duration("interval", 10*time.Millisecond, "time between questions")
	timeout := flags.Duration("timeout", time.Second, "time for one question")
	fresh := flags.Bool("port-per-question", false, "a new source port for every question")
	if err := flags.Parse(args); err != nil {
		return err
	}
	out := newPrinter()
	if *fresh {
		for id := int64(0); ; id++ {
			go func() { out.print(askOnce(id, *address, *timeout)) }()
			time.Sleep(*interval)
		}
	}
	conn, err := net.Dial("udp", *address)
	if err != nil {
		return err
	}
	go receiveUDP(conn, out)
	for id := int64(0); ; id++ {
		start := monotonic()
		if _, err := conn.Write([]byte(strconv.FormatInt(id, 10) + " " + strconv.FormatInt(start, 10))); err != nil {
			out.print(attempt{ID: id, Start: start, End: monotonic(), Error: err.Error()})
		}
		time.Sleep(*interval)
	}
}

func receiveUDP(conn net.Conn, out *printer) {
	buffer := make([]byte, 2048)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			// A port unreachable of an earlier datagram, reported on this read.
			continue
		}
		out.print(parseUDP(string(buffer[:n])))
	}
}

func parseUDP(text string) attempt {
	words := strings.Fields(text)
	if len(words) != 3 {
		return attempt{End: monotonic(), Error: "unexpected answer " + strconv.Quote(text)}
	}
	id, _ := strconv.ParseInt(words[1], 10, 64)
	start, _ := strconv.ParseInt(words[2], 10, 64)
	return attempt{ID: id, Start: start, End: monotonic(), OK: true, Backend: words[0]}
}

func askOnce(id int64, address string, timeout time.Duration) attempt {
	start := monotonic()
	failed := func(err error) attempt {
		return attempt{ID: id, Start: start, End: monotonic(), Error: err.Error()}
	}
	conn, err := net.Dial("udp", address)
	if err != nil {
		return failed(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(timeout))
	if _, err := conn.Write([]byte(strconv.FormatInt(id, 10) + " " + strconv.FormatInt(start, 10))); err != nil {
		return failed(err)
	}
	buffer := make([]byte, 2048)
	n, err := conn.Read(buffer)
	if err != nil {
		return failed(err)
	}
	return parseUDP(string(buffer[:n]))
}
