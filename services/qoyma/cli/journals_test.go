package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
)

var noPlace = fault.Define(fault.Refused, "cli_test.no_place",
	"there is no inventory {number}; open it", "описи {number} нет; заведите её", "{number} тізімдемесі жоқ; оны ашыңыз")

// TestReasonsAndAlarmsAreReadInThePersonsLanguage (IS-3): with the raw text in brackets where it says
// more; what an older program wrote has that alone. JSON has every language.
func TestReasonsAndAlarmsAreReadInThePersonsLanguage(t *testing.T) {
	why := noPlace.With("number", 7).Because(errors.New("key\x1b[2J 12"))
	event := func(seq uint64) *journalv1.WaitingEvent {
		return &journalv1.WaitingEvent{Event: &journalv1.Cause{Service: "intake", Epoch: 1, Seq: seq}, Object: &journalv1.Ref{Type: "file", Id: "3"}}
	}
	said, old := event(1), event(2)
	said.Reason, said.Fault, old.Reason = why.Error(), wire.Kept(why), "as it was written once"
	status := &journalv1.StatusResponse{Services: []*journalv1.ServiceStatus{{
		Service: "catalogue", Alarm: "there is no inventory 8; open it", AlarmFault: wire.Kept(noPlace.With("number", 8)),
		Follows: []*journalv1.FollowerStatus{{Service: "intake", Alarm: "there is no inventory 9; open it", AlarmFault: wire.Kept(noPlace.With("number", 9))}},
	}}}
	for lang, want := range map[string][]string{
		"en": {"there is no inventory 7; open it (technical detail: there is no inventory 7; open it: key [2J 12)", "! there is no inventory 8; open it\n", "! there is no inventory 9; open it\n"},
		"ru": {"описи 7 нет; заведите её (технические сведения: there is", "! описи 8 нет; заведите её\n", "! описи 9 нет; заведите её\n"},
		"kk": {"7 тізімдемесі жоқ; оны ашыңыз (техникалық мәлімет: there is", "! 8 тізімдемесі жоқ; оны ашыңыз\n", "! 9 тізімдемесі жоқ; оны ашыңыз\n"},
	} {
		var out bytes.Buffer
		a := &app{out: &out, lang: lang}
		a.showWaiting(map[string][]*journalv1.WaitingEvent{"catalogue": {said, old}})
		a.showStatus(status)
		for _, text := range append(want, "as it was written once\n") {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s: %q is not in\n%s", lang, text, out.String())
			}
		}
	}
	var out bytes.Buffer
	a := &app{out: &out, json: true}
	if err := a.show(&journalv1.WaitingResponse{Events: []*journalv1.WaitingEvent{said}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"описи 7 нет", "7 тізімдемесі жоқ", "cli_test.no_place"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("%q is not in\n%s", text, out.String())
		}
	}
}
