package main

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

const (
	solPacket           = 263
	packetAddMembership = 1
	packetVnetHeader    = 15
	packetPromiscuous   = 1
	packetOutgoing      = 4
)

// relay carries frames between two interfaces and holds each for a while. It stands in for netem, which
// many kernels of virtual machines lack.
func relay(args []string) error {
	flags := flag.NewFlagSet("relay", flag.ContinueOnError)
	a := flags.String("a", "", "one interface")
	b := flags.String("b", "", "the other interface")
	toA := flags.Duration("to-a", 0, "delay of frames from b to a")
	toB := flags.Duration("to-b", 0, "delay of frames from a to b")
	if err := flags.Parse(args); err != nil {
		return err
	}
	left, err := relaySocket(*a)
	if err != nil {
		return fmt.Errorf("%s: %w", *a, err)
	}
	right, err := relaySocket(*b)
	if err != nil {
		return fmt.Errorf("%s: %w", *b, err)
	}
	ended := make(chan error)
	go func() { ended <- carry(left, right, *toB) }()
	go func() { ended <- carry(right, left, *toA) }()
	os.Stdout.WriteString("relaying\n")
	return <-ended
}

// relaySocket sends and receives frames with their offload header: veth hands over frames whose
// checksums are not computed yet and segments that are not cut yet.
func relaySocket(name string) (int, error) {
	fd, link, err := packetSocket(name, ethAll)
	if err != nil {
		return 0, err
	}
	if err := syscall.SetsockoptInt(fd, solPacket, packetVnetHeader, 1); err != nil {
		return 0, err
	}
	request := make([]byte, 16)
	binary.NativeEndian.PutUint32(request[0:], uint32(link.Index))
	binary.NativeEndian.PutUint16(request[4:], packetPromiscuous)
	return fd, syscall.SetsockoptString(fd, solPacket, packetAddMembership, string(request))
}

type held struct {
	frame []byte
	until time.Time
}

func carry(from, to int, delay time.Duration) error {
	queue := make(chan held, 65536)
	go func() {
		for h := range queue {
			time.Sleep(time.Until(h.until))
			// A link that is down loses the frame, as a cable does.
			syscall.Write(to, h.frame)
		}
	}()
	frame := make([]byte, 128*1024)
	for {
		n, source, err := syscall.Recvfrom(from, frame, 0)
		if errors.Is(err, syscall.EINTR) || errors.Is(err, syscall.ENETDOWN) {
			continue
		}
		if err != nil {
			return err
		}
		if ll, ok := source.(*syscall.SockaddrLinklayer); ok && ll.Pkttype == packetOutgoing {
			continue
		}
		select {
		case queue <- held{append([]byte(nil), frame[:n]...), time.Now().Add(delay)}:
		default:
			// Full, as a queue of a real link would be.
		}
	}
}

// announce says once to all neighbours where an address is: what a hypervisor does for a machine that
// it has just moved.
func announce(args []string) error {
	flags := flag.NewFlagSet("announce", flag.ContinueOnError)
	name := flags.String("interface", "eth0", "interface")
	text := flags.String("address", "", "address to announce")
	if err := flags.Parse(args); err != nil {
		return err
	}
	address, err := netip.ParseAddr(*text)
	if err != nil {
		return err
	}
	protocol := uint16(ethARP)
	if address.Is6() {
		protocol = ethIPv6
	}
	fd, link, err := packetSocket(*name, protocol)
	if err != nil {
		return err
	}
	var frame []byte
	if address.Is6() {
		frame = advertisement(link.HardwareAddr, address)
	} else {
		frame = arpRequest(link.HardwareAddr, address, address)
	}
	return syscall.Sendto(fd, frame, 0, &syscall.SockaddrLinklayer{Protocol: swap16(protocol), Ifindex: link.Index})
}

// advertisement is an unsolicited neighbour advertisement with Override (RFC 4861, 4.4) to all nodes.
func advertisement(mac net.HardwareAddr, target netip.Addr) []byte {
	const override = 0x20
	t := target.As16()
	group := [16]byte{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
	icmp := []byte{136, 0, 0, 0, override, 0, 0, 0}
	icmp = append(icmp, t[:]...)
	icmp = append(icmp, 2, 1)
	icmp = append(icmp, mac...)
	binary.BigEndian.PutUint16(icmp[2:], icmp6Checksum(t, group, icmp))
	frame := []byte{0x33, 0x33, 0, 0, 0, 1}
	frame = append(frame, mac...)
	frame = append(frame, 0x86, 0xdd, 0x60, 0, 0, 0, 0, byte(len(icmp)), 58, 255)
	frame = append(frame, t[:]...)
	frame = append(frame, group[:]...)
	return append(frame, icmp...)
}
