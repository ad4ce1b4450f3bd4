package process

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// turnedAway calls a method with an empty question and gives the monitor's refusal; nil if the call
// came through to the service. What the service then says of such a question does not matter here.
func turnedAway(t *testing.T, conn grpc.ClientConnInterface, method string, allowed bool) error {
	t.Helper()
	patience := time.Minute
	if allowed {
		patience = time.Second // what is refused is refused at once; a stream that watches has no end
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method)
	if err == nil {
		err = stream.SendMsg(&emptypb.Empty{})
	}
	if err == nil || errors.Is(err, io.EOF) { // EOF: the reason is read
		_ = stream.CloseSend()
		err = stream.RecvMsg(&emptypb.Empty{})
	}
	for _, refusal := range []error{monitor.ErrDenied, monitor.ErrNoIdentity, monitor.ErrBadIdentity} {
		if errors.Is(err, refusal) {
			return refusal
		}
	}
	if !allowed && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("%s: neither refused nor answered: %v", method, err)
	}
	return nil
}

// TestEveryMethodIsCalledByEveryRole (IS-7) really calls every method of the table, of every service,
// as nobody, with a token that says nothing, and in every role.
func TestEveryMethodIsCalledByEveryRole(t *testing.T) {
	table, err := os.ReadFile("testdata/policy.golden")
	if err != nil {
		t.Fatal(err)
	}
	p, stop := start(t, Config{Data: t.TempDir(), NoSocket: true, GRPC: "127.0.0.1:0"})
	defer stop()
	nobody, err := grpc.NewClient(p.GRPCAddr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithChainStreamInterceptor(wire.StreamClient()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nobody.Close() }()
	called := 0
	for line := range bytes.Lines(table) {
		method, who, ok := strings.Cut(strings.TrimSpace(string(line)), ": ")
		if !ok {
			t.Fatalf("a line that says nothing: %q", line)
		}
		services := []string{strings.Split(method, ".")[1]}
		if services[0] == "journal" { // every service has one
			services = Names()
		}
		for _, service := range services {
			if refused := turnedAway(t, nobody, method, false); !errors.Is(refused, monitor.ErrNoIdentity) {
				t.Errorf("%s without an identity: %v", method, refused)
			}
			unsigned, err := p.network.Bearing("e30.e30").Conn(service)
			if err != nil {
				t.Fatal(err)
			}
			if refused := turnedAway(t, unsigned, method, false); !errors.Is(refused, monitor.ErrBadIdentity) {
				t.Errorf("%s of %s with a token that nobody signed: %v", method, service, refused)
			}
			for _, role := range monitor.Roles() {
				actor := "person:one-" + string(role)
				if role == monitor.Service {
					actor = "service:catalogue"
				}
				conn, err := p.As(monitor.Identity{Actor: actor, Roles: []monitor.Role{role}}).Conn(service)
				if err != nil {
					t.Fatal(err)
				}
				allowed := slices.Contains(strings.Fields(who), string(role))
				if refused := turnedAway(t, conn, method, allowed); allowed != (refused == nil) {
					t.Errorf("%s of %s as %s: %v, allowed: %t", method, service, role, refused, allowed)
				}
				called++
			}
		}
	}
	if want := len(methods()) * len(monitor.Roles()); called < want {
		t.Errorf("only %d calls were made, there are %d methods and roles", called, want)
	}
}
