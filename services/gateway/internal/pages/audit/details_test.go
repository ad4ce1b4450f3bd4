package audit

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	// The events of every service.
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
