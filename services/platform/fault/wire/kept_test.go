package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
)

var noBox = fault.Define(fault.NotFound, "test.box.none",
	"there is no box {box}", "коробки {box} нет", "{box} қорабы жоқ")

func TestKeptAndSaid(t *testing.T) {
	f := noBox.With("box", "7").Because(errors.New("shelf 3 fell")).Listing([]fault.Item{{Where: "a"}, {Where: "b"}})
	kept := wire.Kept(fmt.Errorf("look: %w", f))
	if kept.GetCode() != "test.box.none" || kept.GetArgs()["box"] != "7" || kept.GetItemsLeftOut() != 2 || len(kept.GetItems()) > 0 {
		t.Errorf("kept is %v", kept)
	}
	for l, want := range map[fault.Language]string{fault.English: "there is no box 7", fault.Russian: "коробки 7 нет", fault.Kazakh: "7 қорабы жоқ"} {
		if text, detail := wire.Said(kept, f.Error(), l); text != want || !strings.Contains(detail, "shelf 3") {
			t.Errorf("%s: %q (%q)", l, text, detail)
		}
	}
	if _, detail := wire.Said(kept, "there is no box 7", fault.Russian); detail != "" {
		t.Errorf("the detail %q adds nothing to the text", detail)
	}
	if text, detail := wire.Said(nil, "recorded long ago", fault.Russian); text != "recorded long ago" || detail != "" {
		t.Errorf("without a fault: %q (%q)", text, detail)
	}
	if wire.Kept(nil) != nil {
		t.Error("nothing went wrong")
	}
}

// TestKeptIsBounded: whatever a stranger's file is called.
func TestKeptIsBounded(t *testing.T) {
	kept := wire.Kept(noBox.With("box", strings.Repeat("ж\xff", 100_000), "shelf", "3"))
	if n := proto.Size(kept); n > 5<<10 {
		t.Errorf("%d bytes", n)
	}
	if kept.GetArgs()["shelf"] != "3" || kept.GetArgs()["box"] != "" {
		t.Errorf("values are %v", kept.GetArgs())
	}
	if !utf8.ValidString(kept.GetTextKk()) || len(kept.GetTextKk()) < 500 {
		t.Errorf("the text is %q", kept.GetTextKk())
	}
}
