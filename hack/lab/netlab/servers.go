package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"time"
)

// httpd answers every path with its text; "/slow?d=2s" waits first, "/peer" answers with the address
// the request came from.
func httpd(args []string) error {
	flags := flag.NewFlagSet("httpd", flag.ContinueOnError)
	listen := flags.String("listen", ":8080", "address to listen on")
	text := flags.String("text", "ok", "body of every answer")
	if err := flags.Parse(args); err != nil {
		return err
	}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Peer", r.RemoteAddr)
		w.Header().Set("X-Backend", *text)
		fmt.Fprintln(w, *text)
	}
	mux.HandleFunc("/", answer)
	mux.HandleFunc("/peer", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.RemoteAddr) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		wait, err := time.ParseDuration(r.URL.Query().Get("d"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case <-time.After(wait):
			answer(w, r)
		case <-r.Context().Done():
		}
	})
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}

// udpEcho answers a datagram with "TEXT PAYLOAD".
func udpEcho(args []string) error {
	flags := flag.NewFlagSet("udpecho", flag.ContinueOnError)
	listen := flags.String("listen", ":8080", "address to listen on")
	text := flags.String("text", "ok", "first word of every answer")
	if err := flags.Parse(args); err != nil {
		return err
	}
	conn, err := net.ListenPacket("udp", *listen)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	buffer := make([]byte, 64*1024)
	for {
		n, peer, err := conn.ReadFrom(buffer)
		if err != nil {
			return err
		}
		if _, err := conn.WriteTo(append([]byte(*text+" "), buffer[:n]...), peer); err != nil {
			fmt.Println("answer to", peer, "failed:", err)
		}
	}
}
