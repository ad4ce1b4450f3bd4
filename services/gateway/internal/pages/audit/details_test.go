package audit

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	// The events of every service.
	_ "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	_ "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	_ "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	_ "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	_ "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	_ "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
)

// fieldsOfEvents are the fields of all events and of what they hold, by name in protobuf JSON, with one
// message that has them.
func fieldsOfEvents() map[string]string {
	fields, done := map[string]string{}, map[protoreflect.FullName]bool{}
	var walk func(protoreflect.MessageDescriptor)
	walk = func(m protoreflect.MessageDescriptor) {
		if done[m.FullName()] {
			return
		}
		done[m.FullName()] = true
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			fields[f.JSONName()] = string(m.FullName())
			if inner := f.Message(); inner != nil && inner.FullName() != "qoyma.fault.v1.Fault" && // one text (inLanguage)
				strings.HasPrefix(string(inner.FullName()), "qoyma.") {
				walk(inner)
			}
		}
	}
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(f.Path(), "qoyma/") && strings.HasSuffix(f.Path(), "events.proto") {
			for i := range f.Messages().Len() {
				walk(f.Messages().Get(i))
			}
		}
		return true
	})
	return fields
}

// sealedParts are bodies that stand sealed beside an event's open one, or are kept with it: what they belong to has
// the name.
var sealedParts = map[string]string{
	"Person": "AccountCreated", "PasswordHash": "PasswordSet", "Contact": "ContactNamed", "Giver": "TransferAnnounced",
	"Explanations": "UnitsChecked", "HandSignature": "ActSigned", "IdentityNote": "IdentityRecorded", "Quotation": "FindingAdded",
	"Words": "ClarificationAsked", "AnswerContent": "AnswerDrafted", "SignerName": "SignerInvited", "Submission": "RequestRegistered",
	"Microform": "MicroformRecorded", "CopiedFile": "CopyFilesMade", "Check": "CopiesChecked",
}

// TestEveryEventHasAName (IS-3): a history never speaks in the names of types.
func TestEveryEventHasAName(t *testing.T) {
	var texts map[string]map[string]string
	raw, err := files.ReadFile("texts.json")
	if err == nil {
		err = json.Unmarshal(raw, &texts)
	}
	if err != nil {
		t.Fatal(err)
	}
	held := map[protoreflect.FullName]bool{} // by another message
	var bodies []protoreflect.MessageDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(f.Path(), "qoyma/") {
			return true
		}
		for i := range f.Messages().Len() {
			m := f.Messages().Get(i)
			if strings.HasSuffix(f.Path(), "events.proto") {
				bodies = append(bodies, m)
			}
			for j := range m.Fields().Len() {
				if inner := m.Fields().Get(j).Message(); inner != nil {
					held[inner.FullName()] = true
				}
			}
		}
		return true
	})
	named := 0
	for _, m := range bodies {
		name := string(m.Name())
		if texts["event."+name] != nil {
			named++
		} else if !held[m.FullName()] && sealedParts[name] == "" {
			t.Errorf("the event %s has no name in texts.json", m.FullName())
		}
	}
	if named < 100 {
		t.Errorf("only %d events have names", named)
	}
	for part, event := range sealedParts {
		if texts["event."+event] == nil {
			t.Errorf("%s belongs to %s, which is no event", part, event)
		}
	}
}

// TestEveryFieldHasAName (IS-3): who reads the history of an object reads it in his language.
func TestEveryFieldHasAName(t *testing.T) {
	names, err := readFields(fieldsJSON)
	if err != nil {
		t.Fatal(err)
	}
	fields := fieldsOfEvents()
	if len(fields) < 200 {
		t.Fatalf("only %d fields were found", len(fields))
	}
	used := map[string]bool{}
	for field, message := range fields {
		stem := strings.TrimSuffix(strings.TrimSuffix(field, "Before"), "After")
		if _, whole := names[field]; whole {
			stem = field
		}
		used[stem] = true
		if n := names[stem]; stem != "before" && stem != "after" && (n[0] == "" || n[1] == "") {
			t.Errorf("%s of %s has no name in Kazakh and Russian", field, message)
		}
	}
	for name := range names {
		if !used[name] {
			t.Errorf("no event has a field %s", name)
		}
	}
}

func TestDetailsInALanguage(t *testing.T) {
	names, err := readFields(fieldsJSON)
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"dueOn":"2026-01-01","organisationBefore":"a","organisationAfter":"b","approval":{"number":"7"},"fault":{"kind":"KIND_REFUSED","code":"x.y","textKk":"жоқ","textRu":"нет","textEn":"none","args":{"a":"1"}},"fromALaterService":1}`
	for lang, want := range map[string]string{
		"kk": "бекіту › нөмір=7; мерзім күні=2026-01-01; не болды=жоқ; from a later service=1; ұйым: a → b",
		"ru": "утверждение › номер=7; срок (дата)=2026-01-01; что случилось=нет; from a later service=1; организация: a → b",
		"en": "approval › number=7; due on=2026-01-01; fault=none; from a later service=1; organisation: a → b",
	} {
		lines, _ := names.details(body, lang)
		var got []string
		for _, l := range lines {
			if l.Changed {
				got = append(got, l.Name+": "+l.Before+" → "+l.After)
			} else {
				got = append(got, l.Name+"="+l.Value)
			}
		}
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("%s: %s, want %s", lang, s, want)
		}
	}
}
