package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"
)

// The names that the policy text uses. A method:
//
//	permit (principal in Role::"archivist",
//	        action == Action::"/qoyma.intake.v1.IntakeService/Accept", resource);
//
// A single object, whose label stands in its attributes:
//
//	permit (principal, action == Action::"read", resource)
//	when { resource.level <= principal.level && principal.grounds.containsAll(resource.grounds) };
const (
	typeRole   = cedar.EntityType("Role")
	typeActor  = cedar.EntityType("Actor")
	typeAction = cedar.EntityType("Action")
	typeMethod = cedar.EntityType("Method")
	typeRecord = cedar.EntityType("Record")
	readAction = "read"
)

// Policy is the one access policy of the system: Cedar text (docs.cedarpolicy.com) that
// decides methods by roles and single objects by label.
type Policy struct {
	set   *cedar.PolicySet
	named map[string]bool // actions that a permit names

	mu      sync.RWMutex
	decided map[decision]bool
}

type decision struct {
	roles  uint32 // one bit for each of Roles()
	method string
}

// NewPolicy reads a policy text. ErrPolicy names what is wrong: syntax, a role that does
// not exist, a permit that names no action (it would open methods not yet written), or no
// permit that reads objects.
func NewPolicy(text []byte) (*Policy, error) {
	set, err := cedar.NewPolicySetFromBytes("policy", text)
	if err != nil {
		return nil, ErrPolicy.With("problem", err.Error()).Because(err)
	}
	p := &Policy{set: set, named: map[string]bool{}, decided: map[decision]bool{}}
	for id, one := range set.All() {
		if err := p.examine(one); err != nil {
			return nil, ErrPolicy.With("problem", fmt.Sprintf("%s, line %d: %v", id, one.Position().Line, err)).Because(err)
		}
	}
	if !p.named[readAction] {
		return nil, ErrPolicy.With("problem", `no permit names Action::"read"`)
	}
	return p, nil
}

// examine notes the actions that a permit names and refuses what can only be a mistake.
func (p *Policy) examine(one *cedar.Policy) error {
	raw, err := one.MarshalJSON()
	if err != nil {
		return err
	}
	var parts map[string]any
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	for _, role := range entities(parts, string(typeRole), nil) {
		if !slices.Contains(Roles(), Role(role)) {
			return fmt.Errorf("there is no role %q", role)
		}
	}
	if one.Effect() == cedar.Forbid {
		return nil
	}
	actions := entities(parts["action"], string(typeAction), nil)
	if len(actions) == 0 {
		return errors.New("a permit must name its actions")
	}
	for _, action := range actions {
		p.named[action] = true
	}
	return nil
}

// entities collects the ids of all entities of a type in a policy's JSON form.
func entities(value any, typ string, found []string) []string {
	switch v := value.(type) {
	case map[string]any:
		if v["type"] == typ {
			if id, ok := v["id"].(string); ok {
				found = append(found, id)
			}
		}
		for _, inner := range v {
			found = entities(inner, typ, found)
		}
	case []any:
		for _, inner := range v {
			found = entities(inner, typ, found)
		}
	}
	return found
}

// Method decides whether any of the roles may call a method, given by its full name
// ("/qoyma.intake.v1.IntakeService/Accept"). Nothing else enters, so answers are kept.
func (p *Policy) Method(roles []Role, method string) bool {
	if !p.named[method] || method == readAction {
		return false
	}
	key := decision{method: method}
	for i, role := range Roles() {
		if slices.Contains(roles, role) {
			key.roles |= 1 << i
		}
	}
	p.mu.RLock()
	allowed, known := p.decided[key]
	p.mu.RUnlock()
	if known {
		return allowed
	}
	var parents []cedar.EntityUID
	for i, role := range Roles() {
		if key.roles&(1<<i) != 0 {
			parents = append(parents, cedar.NewEntityUID(typeRole, cedar.String(role)))
		}
	}
	actor := cedar.NewEntityUID(typeActor, "caller")
	allowed = p.ask(cedar.EntityMap{actor: {UID: actor, Parents: cedar.NewEntityUIDSet(parents...)}}, cedar.Request{
		Principal: actor, Action: cedar.NewEntityUID(typeAction, cedar.String(method)),
		Resource: cedar.NewEntityUID(typeMethod, cedar.String(method)),
	})
	p.mu.Lock()
	p.decided[key] = allowed
	p.mu.Unlock()
	return allowed
}

// Reads decides whether a reader of this clearance may read an object with this label:
// about 3 µs, for single objects. For sets take the reader's Scope.
func (p *Policy) Reads(clearance Scope, label Label) bool {
	actor, record := cedar.NewEntityUID(typeActor, "reader"), cedar.NewEntityUID(typeRecord, "object")
	return p.ask(cedar.EntityMap{
		actor:  {UID: actor, Attributes: attributes(clearance.Level, clearance.Grounds)},
		record: {UID: record, Attributes: attributes(label.Level, label.Grounds)},
	}, cedar.Request{Principal: actor, Action: cedar.NewEntityUID(typeAction, readAction), Resource: record})
}

func attributes(level uint32, grounds []string) cedar.Record {
	values := make([]cedar.Value, len(grounds))
	for i, ground := range grounds {
		values[i] = cedar.String(ground)
	}
	return cedar.NewRecord(cedar.RecordMap{"level": cedar.Long(level), "grounds": cedar.NewSet(values...)})
}

// ask evaluates. Cedar skips a policy that fails to evaluate, which would lose a forbid;
// here such a failure denies.
func (p *Policy) ask(entities cedar.EntityMap, request cedar.Request) bool {
	allowed, diagnostic := cedar.Authorize(p.set, entities, request)
	return allowed == cedar.Allow && len(diagnostic.Errors) == 0
}

// Unnamed lists the methods that no permit names, which nobody can call: a start with such
// a method is a mistake in the policy.
func (p *Policy) Unnamed(methods []string) []string {
	var missing []string
	for _, method := range methods {
		if !p.named[method] {
			missing = append(missing, method)
		}
	}
	return missing
}

// Stale lists what the policy names although no such method exists, for a test.
func (p *Policy) Stale(methods []string) []string {
	var stale []string
	for name := range p.named {
		if name != readAction && !slices.Contains(methods, name) {
			stale = append(stale, name)
		}
	}
	slices.Sort(stale)
	return stale
}

// Table shows each method with the roles that may call it, one a line, sorted: for people
// to read and for a test to hold against what was intended.
func (p *Policy) Table(methods []string) string {
	var table strings.Builder
	for _, method := range slices.Sorted(slices.Values(methods)) {
		var may []string
		for _, role := range Roles() {
			if p.Method([]Role{role}, method) {
				may = append(may, string(role))
			}
		}
		fmt.Fprintf(&table, "%s: %s\n", method, strings.Join(may, " "))
	}
	return table.String()
}
