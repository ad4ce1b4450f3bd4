package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.etcd.io/bbolt"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/qoyma/cli"
	"github.com/qoyma/qoyma/services/qoyma/process"
	"github.com/qoyma/qoyma/services/reference/certificate"
	"github.com/qoyma/qoyma/services/reference/certificate/certtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"qoyma": func() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command line as people do: processes, exit codes, what they print.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"QOYMA_DATA", "QOYMA_SERVER", "QOYMA_TOKEN", "QOYMA_LANG", "LC_ALL", "LANG"} {
				env.Setenv(name, "")
			}
			env.Setenv("ACCOUNT", fmt.Sprintf("uid-%d@local", os.Getuid()))
			env.Setenv("YEAR", time.Now().In(civil.Almaty()).Format("2006"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "serving": serving, "stopped": stopped, "damage": damage, "capture": capture, "flip": flip, "apart": apart, "papers": papers, "value": value,
			"large": large, "pages": pages, "killed": killed, "arrived": arrived, "same": same, "settled": settled,
		},
	})
}

func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	path, err := exec.LookPath("qoyma")
	ts.Check(err)
	cmd := exec.Command(path, args...) //nolint:noctx // ended by the script's Defer
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "QOYMA_DATA", "QOYMA_SERVER", "QOYMA_TOKEN", "QOYMA_LANG", "LANG", "LC_ALL"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

// exits CODE ARGS… runs qoyma, wants this exit code, and leaves what it printed in the files
// out and err.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd := command(ts, args[1:])
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs("out"), out.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), errOut.Bytes(), 0o600))
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("qoyma %s ended with %d, not %d\n%s%s", strings.Join(args[1:], " "), got, want, &out, &errOut)
	}
}

type server struct {
	cmd *exec.Cmd
	log *bytes.Buffer
}

// serving ARGS… starts qoyma serve, waits for its line, and sets HTTP and GRPC.
func serving(ts *testscript.TestScript, _ bool, args []string) {
	s := &server{command(ts, append([]string{"serve", "--json", "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0"}, args...)), new(bytes.Buffer)}
	ready := s.start(ts)
	running.put(ts, s)
	ts.Defer(func() {
		if left := running.take(ts); left != nil {
			left.kill()
		}
	})
	ts.Setenv("HTTP", ready.HTTP)
	ts.Setenv("GRPC", ready.GRPC)
}

// ready is what serve and broker print once they are.
type ready struct {
	Ready      bool
	Seconds    float64
	HTTP, GRPC string
}

// start runs the server and waits for its line.
func (s *server) start(ts *testscript.TestScript) (ready ready) {
	s.cmd.Stderr = s.log
	stdout, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	if err := json.NewDecoder(bufio.NewReader(stdout)).Decode(&ready); err != nil {
		ts.Fatalf("the server said nothing: %v\n%s", err, s.log)
	}
	if !ready.Ready || ready.Seconds > 20 {
		ts.Fatalf("ready %t after %.1f s", ready.Ready, ready.Seconds)
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return ready
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may have ended
	_ = s.cmd.Wait()
}

// settled FOLDER waits until every service of the server that works in a folder has followed all that the others recorded: what one
// of them does upon it is done then. It asks until two answers agree, for what one did may be another's to follow.
func settled(ts *testscript.TestScript, _ bool, args []string) {
	tick, late := time.NewTicker(20*time.Millisecond), time.NewTimer(time.Minute)
	defer tick.Stop()
	defer late.Stop()
	for before := "-"; ; {
		now := followed(ts, args[0])
		if now != "" && now == before {
			return
		}
		before = now
		select {
		case <-tick.C:
		case <-late.C:
			ts.Fatalf("the services in %s do not catch up", args[0])
		}
	}
}

// followed is how far each service has recorded; empty while one has not relayed or followed all of it.
func followed(ts *testscript.TestScript, folder string) (at string) {
	out, err := command(ts, []string{"status", "--data", folder, "--json"}).Output()
	ts.Check(err)
	var report struct {
		Services []struct {
			Service, Last, Relayed string
			Follows                []struct{ Seq, Head string }
		}
	}
	ts.Check(json.Unmarshal(out, &report))
	for _, s := range report.Services {
		behind := slices.ContainsFunc(s.Follows, func(f struct{ Seq, Head string }) bool { return f.Seq != f.Head })
		if s.Relayed != s.Last || behind {
			return ""
		}
		at += s.Service + " " + s.Last + "\n"
	}
	return at
}

// apart KEYS starts the broker and every service as processes of their own, with the folders that
// qoyma keys init made, and sets SERVERS for --server and HEALTH to the address of the first one's
// health.
func apart(ts *testscript.TestScript, _ bool, args []string) {
	run := func(args ...string) ready {
		s := &server{command(ts, append(args, "--json", "--listen", "127.0.0.1:0")), new(bytes.Buffer)}
		got := s.start(ts)
		ts.Defer(s.kill)
		return got
	}
	folder := func(name string) string { return filepath.Join(args[0], name) }
	bus := freeAddress(ts)
	run("broker", "--data", "apart/broker", "--keys", folder("broker"), "--address", bus)
	peers := make([]string, 0, len(process.Names()))
	for _, name := range process.Names() {
		peers = append(peers, name+"="+freeAddress(ts))
	}
	all := strings.Join(peers, ",")
	for i, name := range process.Names() {
		_, own, _ := strings.Cut(peers[i], "=")
		got := run("serve", "--target", name, "--data", "apart/"+name, "--keys", folder(name), "--nats", "tls://"+bus, "--grpc", own, "--peer", all,
			"--name-kk", "Архив", "--name-ru", "Архив", "--address-kk", "Жетіөзен", "--address-ru", "Жетиозен", "--url", "http://127.0.0.1:8080")
		if i == 0 {
			ts.Setenv("HEALTH", got.HTTP)
		}
	}
	ts.Setenv("SERVERS", all)
}

// freeAddress is one of this machine that nobody uses.
func freeAddress(ts *testscript.TestScript) string {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// running holds each script's server; scripts run in parallel.
var running = servers{all: map[*testscript.TestScript]*server{}}

type servers struct {
	mu  sync.Mutex
	all map[*testscript.TestScript]*server
}

func (s *servers) put(ts *testscript.TestScript, srv *server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[ts] = srv
}

// take gives a script's server once.
func (s *servers) take(ts *testscript.TestScript) *server {
	s.mu.Lock()
	defer s.mu.Unlock()
	srv := s.all[ts]
	delete(s.all, ts)
	return srv
}

// stopped ends the server with SIGTERM and wants a clean end.
func stopped(ts *testscript.TestScript, _ bool, _ []string) {
	s := running.take(ts)
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	if err := s.cmd.Wait(); err != nil {
		ts.Fatalf("serve ended with %v\n%s", err, s.log)
	}
}

// damage FILE BUCKET deletes the last key of a bucket, or with BUCKET "cut" cuts the file.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	if args[1] == "cut" {
		ts.Check(os.Truncate(path, 20_000))
		return
	}
	db, err := bbolt.Open(path, 0o600, nil)
	ts.Check(err)
	ts.Check(db.Update(func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte(args[1])).Cursor()
		if k, _ := c.Last(); k == nil {
			return errors.New("the bucket is empty")
		}
		return c.Delete()
	}))
	ts.Check(db.Close())
}

// flip FOLDER NAME changes one byte of the file of that name somewhere in the folder.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	found := false
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != args[1] {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		content[len(content)/2] ^= 1
		found = true
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
		return os.WriteFile(path, content, 0o600)
	}))
	if !found {
		ts.Fatalf("there is no %s in %s", args[1], args[0])
	}
}

// capture NAME sets a variable to what the last command printed.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// value NAME REGEXP puts what the first group matches in the file out into the environment.
func value(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("out"))
	if len(m) != 2 {
		ts.Fatalf("nothing in out matches %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}

// papers FOLDER issues a signed paper by a small archive whose data folder is FOLDER, and puts
// beside it what forgers make of it: FOLDER/genuine.pdf, altered.pdf, redated.pdf, forged.pdf (the
// same facts signed by somebody else's archive of the same name), added.pdf, stripped.pdf.
func papers(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	facts := certtest.Facts(fault.Russian, "2026-1-1")
	issue := func(dir string) (whole, first []byte) {
		a, err := certtest.New(dir, "kz-test", "reference")
		ts.Check(err)
		whole, first, err = a.Issue(context.Background(), facts)
		ts.Check(err)
		ts.Check(a.Close())
		return whole, first
	}
	whole, first := issue(dir)
	forged, _ := issue(filepath.Join(dir, "forger"))
	_, proof, err := certificate.Split(whole)
	ts.Check(err)
	facts.Date = facts.Date.AddDays(-7)
	earlier, err := certificate.Draw(facts)
	ts.Check(err)
	redated, err := certificate.Append(earlier, proof)
	ts.Check(err)
	altered := bytes.Clone(whole)
	altered[len(first)/2] ^= 1
	for name, pdf := range map[string][]byte{
		"genuine": whole, "altered": altered, "redated": redated, "forged": forged, "stripped": first,
		"added": append(bytes.Clone(whole), "1 0 obj\n<<>>\nendobj\n"...),
	} {
		ts.Check(os.WriteFile(filepath.Join(dir, name+".pdf"), pdf, 0o600))
	}
}
