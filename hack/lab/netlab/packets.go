package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

const (
	ethAll  = 0x0003
	ethARP  = 0x0806
	ethIPv6 = 0x86dd
)

func swap16(v uint16) uint16 { return v<<8 | v>>8 }

func packetSocket(name string, protocol uint16) (int, *net.Interface, error) {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return 0, nil, err
	}
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, int(swap16(protocol)))
	if err != nil {
		return 0, nil, err
	}
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1); err != nil {
		return 0, nil, err
	}
	return fd, link, syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: swap16(protocol), Ifindex: link.Index})
}

// receive reads one frame. age is how long the kernel has had it: on a busy machine a reader wakes up
// milliseconds after the frame came, and what is measured is when it came.
func receive(fd int, frame []byte) (n int, from syscall.Sockaddr, age time.Duration, err error) {
	var control [64]byte
	n, length, _, from, err := syscall.Recvmsg(fd, frame, control[:], 0)
	if err != nil {
		return 0, nil, 0, err
	}
	messages, err := syscall.ParseSocketControlMessage(control[:length])
	if err != nil {
		return 0, nil, 0, err
	}
	for _, message := range messages {
		if message.Header.Level == syscall.SOL_SOCKET && message.Header.Type == syscall.SO_TIMESTAMPNS {
			seconds := int64(binary.NativeEndian.Uint64(message.Data))
			nanos := int64(binary.NativeEndian.Uint64(message.Data[8:]))
			return n, from, time.Since(time.Unix(seconds, nanos)), nil
		}
	}
	return 0, nil, 0, errors.New("a frame without the time of its arrival")
}

// record writes what an interface sends and receives into a pcap file, flushed after every packet so
// that the file is whole whenever the recorder is killed.
func record(args []string) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	name := flags.String("interface", "eth0", "interface")
	path := flags.String("file", "", "pcap file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	fd, _, err := packetSocket(*name, ethAll)
	if err != nil {
		return err
	}
	file, err := os.Create(*path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	header := make([]byte, 24)
	binary.LittleEndian.PutUint32(header[0:], 0xa1b23c4d) // nanosecond resolution
	binary.LittleEndian.PutUint16(header[4:], 2)
	binary.LittleEndian.PutUint16(header[6:], 4)
	binary.LittleEndian.PutUint32(header[16:], 65535)
	binary.LittleEndian.PutUint32(header[20:], 1) // Ethernet
	out.Write(header)
	if err := out.Flush(); err != nil {
		return err
	}
	os.Stdout.WriteString("recording\n")
	frame := make([]byte, 65535)
	for {
		n, _, age, err := receive(fd, frame)
		if errors.Is(err, syscall.EINTR) || errors.Is(err, syscall.ENETDOWN) {
			continue
		}
		if err != nil {
			return err
		}
		now := time.Now().Add(-age)
		line := make([]byte, 16)
		binary.LittleEndian.PutUint32(line[0:], uint32(now.Unix()))
		binary.LittleEndian.PutUint32(line[4:], uint32(now.Nanosecond()))
		binary.LittleEndian.PutUint32(line[8:], uint32(n))
		binary.LittleEndian.PutUint32(line[12:], uint32(n))
		out.Write(line)
		out.Write(frame[:n])
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// claim is one frame in which somebody says that an address is at a link-layer address.
type claim struct {
	Time    int64  `json:"time"`
	MAC     string `json:"mac"`
	Source  string `json:"source"`
	Kind    string `json:"kind"`
	Asked   bool   `json:"asked"`
	Address string `json:"address"`
}

// probeNeighbour asks who has an address, as a neighbour would, and prints every claim to it: answers to
// itself and announcements to all. It may ask for many addresses in a row.
func probeNeighbour(args []string) error {
	flags := flag.NewFlagSet("neighbour", flag.ContinueOnError)
	name := flags.String("interface", "eth0", "interface")
	target := flags.String("address", "", "address to ask for")
	count := flags.Int("count", 1, "how many addresses, from that one on")
	moves := flags.Bool("moves", false, "print a claim only if the one before to that address was another's")
	interval := flags.Duration("interval", 10*time.Millisecond, "time between two questions for one address; 0 = listen only")
	if err := flags.Parse(args); err != nil {
		return err
	}
	first, err := netip.ParseAddr(*target)
	if err != nil {
		return err
	}
	protocol := uint16(ethARP)
	if first.Is6() {
		protocol = ethIPv6
	}
	fd, link, err := packetSocket(*name, protocol)
	if err != nil {
		return err
	}
	// A thousand answers may come at once.
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 4<<20); err != nil {
		return err
	}
	source, err := sourceAddress(link, first)
	if err != nil {
		return err
	}
	owners := map[netip.Addr]string{}
	var questions [][]byte
	for address := first; len(questions) < *count; address = address.Next() {
		owners[address] = ""
		if address.Is6() {
			questions = append(questions, solicitation(link.HardwareAddr, source, address))
		} else {
			questions = append(questions, arpRequest(link.HardwareAddr, source, address))
		}
	}
	if *interval > 0 {
		go ask(fd, &syscall.SockaddrLinklayer{Protocol: swap16(protocol), Ifindex: link.Index}, questions, *interval)
	}
	out := newPrinter()
	frame := make([]byte, 65535)
	for {
		n, from, age, err := receive(fd, frame)
		if err != nil {
			if errors.Is(err, syscall.EINTR) || errors.Is(err, syscall.ENETDOWN) {
				continue
			}
			return err
		}
		if ll, ok := from.(*syscall.SockaddrLinklayer); ok && ll.Pkttype == packetOutgoing {
			continue
		}
		address, c, ok := readClaim(frame[:n], link.HardwareAddr, age)
		if !ok {
			continue
		}
		if owner, wanted := owners[address]; wanted && !(*moves && owner == c.MAC) {
			owners[address] = c.MAC
			out.print(c)
		}
	}
}

// ask sends all questions, evenly spread over each interval as far as the clock's sleeps allow.
func ask(fd int, to *syscall.SockaddrLinklayer, questions [][]byte, interval time.Duration) {
	const shortestSleep = 5 * time.Millisecond
	batch := max(1, int(int64(len(questions))*int64(shortestSleep)/int64(interval)))
	pause := interval * time.Duration(batch) / time.Duration(len(questions))
	for at := 0; ; time.Sleep(pause) {
		for range batch {
			if err := syscall.Sendto(fd, questions[at], 0, to); err != nil {
				os.Stderr.WriteString("send: " + err.Error() + "\n")
			}
			at = (at + 1) % len(questions)
		}
	}
}

func sourceAddress(link *net.Interface, target netip.Addr) (netip.Addr, error) {
	addresses, err := link.Addrs()
	if err != nil {
		return netip.Addr{}, err
	}
	for _, text := range addresses {
		prefix, err := netip.ParsePrefix(text.String())
		if err == nil && prefix.Addr().Is4() == target.Is4() && !prefix.Addr().IsLinkLocalUnicast() {
			return prefix.Addr(), nil
		}
	}
	return netip.Addr{}, errors.New("no address of the target's family on " + link.Name)
}

func arpRequest(mac net.HardwareAddr, source, target netip.Addr) []byte {
	frame := make([]byte, 0, 60)
	frame = append(frame, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	frame = append(frame, mac...)
	frame = append(frame, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1)
	frame = append(frame, mac...)
	frame = append(frame, source.AsSlice()...)
	frame = append(frame, 0, 0, 0, 0, 0, 0)
	frame = append(frame, target.AsSlice()...)
	return append(frame, make([]byte, 60-len(frame))...)
}

// solicitation is a neighbour solicitation (RFC 4861, 4.3) to the solicited-node group of the target.
func solicitation(mac net.HardwareAddr, source, target netip.Addr) []byte {
	t := target.As16()
	group := [16]byte{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, t[13], t[14], t[15]}
	icmp := []byte{135, 0, 0, 0, 0, 0, 0, 0}
	icmp = append(icmp, t[:]...)
	icmp = append(icmp, 1, 1)
	icmp = append(icmp, mac...)
	binary.BigEndian.PutUint16(icmp[2:], icmp6Checksum(source.As16(), group, icmp))
	frame := []byte{0x33, 0x33, group[12], group[13], group[14], group[15]}
	frame = append(frame, mac...)
	frame = append(frame, 0x86, 0xdd, 0x60, 0, 0, 0, 0, byte(len(icmp)), 58, 255)
	frame = append(frame, source.AsSlice()...)
	frame = append(frame, group[:]...)
	return append(frame, icmp...)
}

func icmp6Checksum(source, destination [16]byte, body []byte) uint16 {
	sum := uint32(len(body)) + 58
	add := func(b []byte) {
		for i := 0; i+1 < len(b); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(b[i:]))
		}
	}
	add(source[:])
	add(destination[:])
	add(body)
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func readClaim(frame []byte, own net.HardwareAddr, age time.Duration) (netip.Addr, claim, bool) {
	if len(frame) < 42 {
		return netip.Addr{}, claim{}, false
	}
	c := claim{
		Time: monotonic() - age.Nanoseconds(), Source: net.HardwareAddr(frame[6:12]).String(),
		Asked: bytes.Equal(frame[:6], own),
	}
	var address netip.Addr
	if binary.BigEndian.Uint16(frame[12:]) == ethARP {
		address = netip.AddrFrom4([4]byte(frame[28:32]))
		c.Kind = map[byte]string{1: "arp-request", 2: "arp-reply"}[frame[21]]
		c.MAC = net.HardwareAddr(frame[22:28]).String()
	} else {
		if len(frame) < 78 || frame[20] != 58 || frame[54] != 136 {
			return address, c, false
		}
		address = netip.AddrFrom16([16]byte(frame[62:78]))
		c.Kind = "advertisement"
		c.MAC = c.Source
		if len(frame) >= 86 && frame[78] == 2 {
			c.MAC = net.HardwareAddr(frame[80:86]).String()
		}
	}
	c.Address = address.String()
	return address, c, c.Kind != ""
}
