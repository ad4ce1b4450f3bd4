package wire

import (
	"maps"
	"slices"

	faultv1 "github.com/qoyma/qoyma/proto/gen/qoyma/fault/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

const (
	// keptText bounds one text of a kept fault in bytes, with room for 500 Cyrillic letters: answers
	// list hundreds of them within one gRPC message (4 MiB).
	keptText = 1 << 10
	// keptValues bounds the names and values of a kept fault together, in bytes.
	keptValues = 1 << 10
)

// Kept is a fault as events, rows and answers keep it: at most about 4 KiB, without its items,
// which are counted. What there is no room for of its values is left out, never cut. What is no
// fault of ours is the bland accident. Kept(nil) is nil.
func Kept(err error) *faultv1.Fault {
	if err == nil {
		return nil
	}
	f := classify(err)
	kept := worded(f, keptText)
	kept.ItemsLeftOut = uint32(len(f.Items))
	size := 0
	for _, name := range slices.Sorted(maps.Keys(f.Args)) { // the same fault always leaves the same bytes
		key, value := bounded(name), bounded(f.Args[name])
		if size+len(key)+len(value) > keptValues {
			continue
		}
		if size += len(key) + len(value); kept.Args == nil {
			kept.Args = make(map[string]string)
		}
		kept.Args[key] = value
	}
	return kept
}

// Said is what a kept fault says to a person: its text, and the technical detail where that adds
// to it. detail is the English chain of causes that was kept with the fault; what was recorded
// before faults were kept (a nil fault) has only that, and it is the text.
func Said(kept *faultv1.Fault, detail string, l fault.Language) (text, technical string) {
	switch l {
	case fault.Kazakh:
		text = kept.GetTextKk()
	case fault.Russian:
		text = kept.GetTextRu()
	case fault.English:
		text = kept.GetTextEn()
	}
	switch {
	case text == "" && kept.GetTextEn() == "":
		return detail, ""
	case text == "":
		text = kept.GetTextEn()
	}
	if detail == kept.GetTextEn() {
		detail = ""
	}
	return text, detail
}
