package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// Every process of a lab has this in its environment.
	marker       = "THRESHER_LAB="
	namespaces   = "/run/netns"
	registry     = "/run/thresher-lab"
	killPatience = 20 * time.Second
)

// guard holds the read end of a pipe whose write end only the lab's owner has. The kernel closes it
// when the owner ends, however it ends, and then the lab is removed. The last line that the owner wrote
// decides: "keep" leaves everything up, "logs" removes all but the lab's directory.
func guard(args []string) error {
	lab, err := labFlags("guard", args)
	if err != nil {
		return err
	}
	// A Ctrl-C at the owner's terminal ends the owner, not its guardian.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE)
	last := ""
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		last = lines.Text()
	}
	switch last {
	case "keep":
		return nil
	case "logs":
		lab.keepFiles = true
	}
	return lab.destroy()
}

func destroyCommand(args []string) error {
	lab, err := labFlags("destroy", args)
	if err != nil {
		return err
	}
	return lab.destroy()
}

type lab struct {
	id        string
	directory string
	keepFiles bool
}

func labFlags(name string, args []string) (*lab, error) {
	l := &lab{}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.StringVar(&l.id, "id", "", "the lab's id")
	flags.StringVar(&l.directory, "directory", "", "the lab's directory; read from the registry if empty")
	flags.BoolVar(&l.keepFiles, "keep-files", false, "leave the lab's directory")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if len(l.id) != 4 || strings.Trim(l.id, "0123456789abcdef") != "" {
		return nil, fmt.Errorf("--id: want 4 hexadecimal digits, got %q", l.id)
	}
	if l.directory == "" {
		if directory, err := os.ReadFile(filepath.Join(registry, l.id, "directory")); err == nil {
			l.directory = strings.TrimSpace(string(directory))
		}
	}
	return l, nil
}

// destroy kills first and removes afterwards: a namespace lives on as long as a process is in it.
func (l *lab) destroy() error {
	var problems []error
	deadline := time.Now().Add(killPatience)
	for {
		alive := l.processes()
		if len(alive) == 0 {
			break
		}
		if time.Now().After(deadline) {
			problems = append(problems, fmt.Errorf("processes %v are still alive after %v", alive, killPatience))
			break
		}
		for _, pid := range alive {
			// ESRCH: it ended meanwhile.
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
				problems = append(problems, fmt.Errorf("kill %d: %w", pid, err))
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, name := range l.namespaces() {
		if out, err := exec.Command("ip", "netns", "delete", name).CombinedOutput(); err != nil {
			problems = append(problems, fmt.Errorf("ip netns delete %s: %w: %s", name, err, bytes.TrimSpace(out)))
		}
	}
	// The root end of the lab's cable goes with its other end, but not at once: namespaces are torn
	// down in the background.
	exec.Command("ip", "link", "delete", "th"+l.id).Run()
	if l.directory != "" && !l.keepFiles && strings.Contains(filepath.Base(l.directory), l.id) {
		if err := os.RemoveAll(l.directory); err != nil {
			problems = append(problems, err)
		}
	}
	if err := os.RemoveAll(filepath.Join(registry, l.id)); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (l *lab) namespaces() []string {
	names := []string{}
	found, _ := filepath.Glob(filepath.Join(namespaces, "th"+l.id+"-*"))
	for _, path := range found {
		names = append(names, filepath.Base(path))
	}
	return names
}

// processes are those that carry the lab's mark and those that live in one of its namespaces.
func (l *lab) processes() []int {
	inodes := map[uint64]bool{}
	for _, name := range l.namespaces() {
		var stat syscall.Stat_t
		if syscall.Stat(filepath.Join(namespaces, name), &stat) == nil {
			inodes[stat.Ino] = true
		}
	}
	mark := []byte("\x00" + marker + l.id + "\x00")
	pids := []int{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() || zombie(entry.Name()) {
			continue
		}
		var stat syscall.Stat_t
		if syscall.Stat("/proc/"+entry.Name()+"/ns/net", &stat) == nil && inodes[stat.Ino] {
			pids = append(pids, pid)
			continue
		}
		environment, err := os.ReadFile("/proc/" + entry.Name() + "/environ")
		if err == nil && bytes.Contains(append([]byte{0}, environment...), mark) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func zombie(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return true
	}
	end := bytes.LastIndexByte(stat, ')')
	return end >= 0 && end+2 < len(stat) && (stat[end+2] == 'Z' || stat[end+2] == 'X')
}
