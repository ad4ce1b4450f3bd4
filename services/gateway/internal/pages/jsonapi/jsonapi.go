// Package jsonapi is the gRPC API as JSON under /api/v1, with the same identities and the same
// refusals, and the page that says how to use it.
package jsonapi

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/qoyma/qoyma/proto"
	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

//go:embed templates texts.json
var files embed.FS

var (
	noCall = fault.Define(fault.NotFound, "gateway.api.no_call",
		"there is no such call; /api lists them all",
		"такого вызова нет; полный список – на странице /api",
		"мұндай шақыру жоқ; толық тізімі – /api бетінде")
	notJSON = fault.Define(fault.Invalid, "gateway.api.not_json",
		"send the call as JSON, with Content-Type: application/json",
		"отправьте вызов в виде JSON с заголовком Content-Type: application/json",
		"шақыруды JSON түрінде, Content-Type: application/json тақырыбымен жіберіңіз")
	badCall = fault.Define(fault.Invalid, "gateway.api.bad_call",
		"the call cannot be read: {problem}; compare it with the description under /api",
		"вызов не читается: {problem}; сверьте его с описанием на странице /api",
		"шақыру оқылмайды: {problem}; оны /api бетіндегі сипаттамамен салыстырыңыз")
)

// maxBody bounds a call in bytes; packages have an address of their own.
const maxBody = 1 << 20

// Add adds the API and its page to a site.
func Add(s *web.Site, conn func(service string) (grpc.ClientConnInterface, error)) error {
	if err := s.Area(files); err != nil {
		return err
	}
	mux, err := calls(conn)
	if err != nil {
		return err
	}
	operations, err := describe(proto.OpenAPI)
	if err != nil {
		return err
	}
	s.Page("/api", "api", nil, func(*web.Request) (any, error) { return operations, nil })
	s.Raw("GET /api/openapi.json", nil, func(w http.ResponseWriter, _ *web.Request) error {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(proto.OpenAPI) // who asked has gone
		return nil
	})
	s.Raw("/api/v1/", nil, func(w http.ResponseWriter, r *web.Request) error {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			// A form on a page cannot send this type: together with the check of where a request
			// comes from, no other site makes calls in a reader's name.
			// A type that cannot be read is "", which is not this one.
			if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
				refuse(w, r.Request, notJSON.With())
				return nil
			}
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		// Who calls is decided already and stands in the context.
		r.Header.Del("Authorization")
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r.Request)
		return nil
	})
	return nil
}

// calls maps the addresses of proto/api.yaml to gRPC.
func calls(conn func(service string) (grpc.ClientConnInterface, error)) (*runtime.ServeMux, error) {
	mux := runtime.NewServeMux(
		// Nothing of a request's headers becomes metadata of the call.
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithMetadata(func(context.Context, *http.Request) metadata.MD { return nil }),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &runtime.JSONPb{
			MarshalOptions: protojson.MarshalOptions{EmitUnpopulated: true}, UnmarshalOptions: protojson.UnmarshalOptions{},
		}),
		runtime.WithErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
			refuse(w, r, err)
		}),
		runtime.WithRoutingErrorHandler(func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, _ int) {
			refuse(w, r, noCall.With())
		}),
	)
	ctx := context.Background()
	for _, register := range []func() error{
		func() error {
			return with(conn, "catalogue", func(c grpc.ClientConnInterface) error {
				return cataloguev1.RegisterCatalogueServiceHandlerClient(ctx, mux, cataloguev1.NewCatalogueServiceClient(c))
			})
		},
		func() error {
			return with(conn, "retention", func(c grpc.ClientConnInterface) error {
				return retentionv1.RegisterRetentionServiceHandlerClient(ctx, mux, retentionv1.NewRetentionServiceClient(c))
			})
		},
		func() error {
			return with(conn, "intake", func(c grpc.ClientConnInterface) error {
				return intakev1.RegisterIntakeServiceHandlerClient(ctx, mux, intakev1.NewIntakeServiceClient(c))
			})
		},
		func() error {
			return with(conn, "insurance", func(c grpc.ClientConnInterface) error {
				return insurancev1.RegisterInsuranceServiceHandlerClient(ctx, mux, insurancev1.NewInsuranceServiceClient(c))
			})
		},
		func() error {
			return with(conn, "reference", func(c grpc.ClientConnInterface) error {
				return referencev1.RegisterReferenceServiceHandlerClient(ctx, mux, referencev1.NewReferenceServiceClient(c))
			})
		},
		func() error { return journalv1.RegisterJournalServiceHandlerClient(ctx, mux, journals(conn)) },
	} {
		if err := register(); err != nil {
			return nil, fmt.Errorf("gateway: api: %w", err)
		}
	}
	return mux, nil
}

// with makes a connection that is found when it is used: a service may come later, and one that
// is not there refuses its own calls only.
func with(conn func(service string) (grpc.ClientConnInterface, error), service string, register func(grpc.ClientConnInterface) error) error {
	return register(later{conn, func(any) string { return service }})
}

// journals is the journal service of whichever service a request names.
func journals(conn func(service string) (grpc.ClientConnInterface, error)) journalv1.JournalServiceClient {
	return journalv1.NewJournalServiceClient(later{conn, func(req any) string {
		if named, ok := req.(interface{ GetService() string }); ok {
			return named.GetService()
		}
		return ""
	}})
}

type later struct {
	conn func(service string) (grpc.ClientConnInterface, error)
	of   func(req any) string
}

func (l later) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	c, err := l.conn(l.of(args))
	if err != nil {
		return err
	}
	return c.Invoke(ctx, method, args, reply, opts...)
}

func (l later) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, noCall.With() // proto/api.yaml names no streams
}

// Refusal is what every refused call answers.
type Refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"` // in the caller's language
	KK      string `json:"kk"`
	RU      string `json:"ru"`
	EN      string `json:"en"`
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Of(err)
	// What grpc-gateway itself cannot read is not a fault of ours.
	if s, ok := status.FromError(err); ok && f.Kind == fault.Internal && s.Code().String() == "InvalidArgument" {
		f = badCall.With("problem", clip.Runes(s.Message(), 200))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Kind.HTTP())
	_ = json.NewEncoder(w).Encode(Refusal{ // who asked has gone
		Code: f.Code, Message: f.In(web.Language(r)), KK: f.In(fault.Kazakh), RU: f.In(fault.Russian), EN: f.In(fault.English),
	})
}

// operation is one call, for the page.
type operation struct{ Method, Path, Words string }

// group is the calls of one service.
type group struct {
	Name       string
	Operations []operation
}

// describe reads the page's list out of the description.
func describe(openapi []byte) ([]group, error) {
	var d struct {
		Paths map[string]map[string]struct {
			Summary string   `json:"summary"`
			Tags    []string `json:"tags"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(openapi, &d); err != nil {
		return nil, fmt.Errorf("gateway: api: %w", err)
	}
	byName := map[string][]operation{}
	for path, methods := range d.Paths {
		for method, o := range methods {
			if len(o.Tags) == 1 {
				name := strings.ToLower(strings.TrimSuffix(o.Tags[0], "Service"))
				byName[name] = append(byName[name], operation{strings.ToUpper(method), path, o.Summary})
			}
		}
	}
	var groups []group
	for _, name := range []string{"catalogue", "reference", "retention", "intake", "insurance", "journal"} {
		list := byName[name]
		slices.SortFunc(list, func(a, b operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
		groups = append(groups, group{name, list})
	}
	return groups, nil
}
