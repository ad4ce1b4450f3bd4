package cli

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/standards/pronom"
)

// latin is a word in Latin letters, as codes are.
var latin = regexp.MustCompile(`[A-Za-z_]{2,}`)

// shown gives what a person reads of each code of a field, each once, in a language.
func shown(lang string, of words, show func(a *app, code string)) map[string]string {
	all := make(map[string]string)
	for code := range of {
		var out bytes.Buffer
		show(&app{lang: lang, out: &out}, code)
		all[code] = out.String()
	}
	return all
}

// TestContentIsSaidToBeDestroyedOnceItIs: content that nobody is given any more stands in its object until the last unit has left it.
func TestContentIsSaidToBeDestroyedOnceItIs(t *testing.T) {
	for _, c := range []struct {
		fate *intakev1.ContentFate
		want map[string]string
	}{
		{nil, map[string]string{"ru": ""}},
		{&intakev1.ContentFate{State: "closed", On: "2026-11-02"}, map[string]string{
			"kk": "мазмұны 2026-11-02 күнінен бастап ешкімге берілмейді, нысанмен бірге жойылады", "ru": "содержимое никому не выдаётся с 2026-11-02, будет уничтожено вместе с объектом",
			"en": "content given to nobody since 2026-11-02, goes with its object",
		}},
		{&intakev1.ContentFate{State: "removing", On: "2026-11-02", TakenBy: 3}, map[string]string{
			"kk": "мазмұны 2026-11-02 күнінен бастап ешкімге берілмейді, жойылып жатыр", "ru": "содержимое никому не выдаётся с 2026-11-02, уничтожается",
			"en": "content given to nobody since 2026-11-02, being destroyed",
		}},
		{&intakev1.ContentFate{State: "removed", On: "2026-11-05", TakenBy: 3}, map[string]string{"kk": "мазмұны жойылды: 2026-11-05", "ru": "содержимое уничтожено: 2026-11-05", "en": "content destroyed: 2026-11-05"}},
	} {
		for lang, want := range c.want {
			var out bytes.Buffer
			(&app{lang: lang, out: &out}).showLeaving(&intakev1.Deaccession{Fate: c.fate})
			if _, got, _ := strings.Cut(strings.TrimSpace(out.String()), "\n  "); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
}

// TestPeopleReadWords shows every answer of intake and the insurance fund with every code that it may carry: whoever reads Kazakh or
// Russian reads no code.
func TestPeopleReadWords(t *testing.T) {
	name := &recordv1.Text{Ru: "Имя", Kk: "Аты"}
	for field, c := range map[string]struct {
		of    words
		codes []string // as the services say them
		show  func(a *app, code string)
	}{
		"transfer's state": {transferStates, []string{"announced", "expected", "checked", "returned", "accepting", "accepted"}, func(a *app, code string) {
			a.showWork(&intakev1.Transfer{State: code})
			a.showTransfer(&intakev1.GetTransferResponse{Transfer: &intakev1.Transfer{State: code, PackageId: "1", PackageFiles: 2, PackageBytes: 3_000_000}})
		}},
		"kind": {transferKinds, []string{"scheduled", "early", "extra", "liquidated", "personal_papers", "purchase", "returned"}, func(a *app, code string) {
			a.showWork(&intakev1.Transfer{Kind: code, Ground: &intakev1.TransferGround{Rule: "transfer." + code + "@1", Basis: name}})
		}},
		"form": {transferForms, []string{"paper", "digital", "mixed", "audiovisual"}, func(a *app, code string) {
			a.showWork(&intakev1.Transfer{Form: code})
		}},
		"receipt": {receiptWhat, []string{"inventory", "package", "redone", "paper", "returned", "accepted", "deaccessioned"}, func(a *app, code string) {
			a.showReceipt(&intakev1.Receipt{What: code, Direction: "in"})
		}},
		"direction": {receiptDirections, []string{"in", "out"}, func(a *app, code string) {
			a.showReceipt(&intakev1.Receipt{What: "paper", Direction: code})
		}},
		"side": {sides, []string{"giver", "archive", "department"}, func(a *app, code string) {
			a.showKept(&intakev1.Accession{Signatures: []*intakev1.ActSigned{{Side: code, How: "hand"}}})
			_ = a.showSignatures([]checkedSignature{{Side: code, How: "account"}})
		}},
		"signature": {signedHow, []string{"key", "account", "hand"}, func(a *app, code string) {
			a.showKept(&intakev1.Accession{Signatures: []*intakev1.ActSigned{{Side: "giver", How: code}}})
			_ = a.showSignatures([]checkedSignature{{Side: "giver", How: code}})
		}},
		"quarantine": {quarantineResults, []string{"clean", "treated", "restoration"}, func(a *app, code string) {
			a.showKept(&intakev1.Accession{Quarantine: &intakev1.QuarantineBegun{}, QuarantineEnded: &intakev1.QuarantineEnded{Result: code}})
		}},
		"way out": {leaveWays, []string{"transferred", "destroyed", "returned_to_owner"}, func(a *app, code string) {
			a.showLeaving(&intakev1.Deaccession{State: "proposed", Proposed: &intakev1.DeaccessionProposed{Way: code, Positions: []uint32{1, 2}}})
		}},
		"deaccession's state": {leaveStates, []string{"proposed", "declined", "done"}, func(a *app, code string) {
			a.showLeaving(&intakev1.Deaccession{State: code, Proposed: &intakev1.DeaccessionProposed{Way: "destroyed"}})
		}},
		"return": {returnStates, []string{"returned", "answered", "redone"}, func(a *app, code string) {
			a.showRowWork([]*intakev1.RowWork{{ReturnState: code, Remarks: []*intakev1.RowRemark{{Side: "department"}}}})
		}},
		"reason": {returnReasons, []string{"unreadable", "wrong_content", "incomplete", "wrong_description", "format", "damaged", "other"}, func(a *app, code string) {
			a.showRowWork([]*intakev1.RowWork{{ReturnState: "returned", Returned: &intakev1.ReturnedRow{Reason: code}}})
		}},
		"finding": {unitFindings, []string{"present", "missing", "damaged", "leaves_differ"}, func(a *app, code string) {
			a.showRowWork([]*intakev1.RowWork{{Finding: &intakev1.UnitFinding{Finding: code}}})
		}},
		"copy's state": {copyStates, []string{"ordered", "failed", "awaited", "made", "verified", "damaged", "left", "beyond_repair", "leaving", "destroyed", "microform"}, func(a *app, code string) {
			a.showCopy(&insurancev1.Copy{State: code, Bytes: 3_000_000, Sites: []*insurancev1.CopyAtSite{{State: code}}})
		}},
		"copy's ground": {copyGrounds, []string{"especially_valuable"}, func(a *app, code string) { a.showCopy(&insurancev1.Copy{Ground: code, State: "made"}) }},
		"carrier": {carriers, []string{"object", "microfilm", "microfiche", "scan"}, func(a *app, code string) {
			a.showCopy(&insurancev1.Copy{State: "microform", Microforms: []*insurancev1.Microform{{Kind: code}}})
			a.showRegister([]*insurancev1.RegisterLine{{Kind: code}})
		}},
		"damage": {damageSides, []string{"original", "copy"}, func(a *app, code string) {
			a.showDamages([]*insurancev1.Damage{{Side: code, LeftBy: "1"}, {Side: code, BeyondRepair: true}})
		}},
		"check": {scrubStates, []string{"running", "finished"}, func(a *app, code string) {
			a.showScrubs([]*insurancev1.Scrub{{State: code, Bytes: 3_000_000}})
		}},
		"site": {siteStates, []string{"ready", "absent", "full"}, func(a *app, code string) {
			a.showSites([]*insurancev1.Site{{State: code, Bytes: 3_000_000, FreeBytes: 4_000_000_000}})
		}},
		"level": {organisationLevels, []string{"republican", "regional", "district"}, func(a *app, code string) {
			a.printf("%s\n", a.word(organisationLevels, code))
		}},
		"department's file": {departmentStates, []string{"open", "closed", "listed", "due", "transferred"}, func(a *app, code string) {
			a.files([]*retentionv1.DepartmentFile{{State: code}})
		}},
		"duty":  {dutyStates, []string{"waiting", "due", "fulfilled"}, func(a *app, code string) { a.printf("%s\n", a.word(dutyStates, code)) }},
		"lacks": {accessionLacks, []string{"giver", "archive", "commission"}, func(a *app, code string) { a.printf("%s\n", a.word(accessionLacks, code)) }},
		"format's basis": {formatBases, []string{"signature", "container", "extension", "text"}, func(a *app, code string) {
			a.showIdentified(identified{File: "файл", Formats: []pronom.Result{{PUID: "1", Name: "Пішім", Basis: pronom.Basis(code)}}})
		}},
		"request": {requestStates, []string{"registered", "assigned", "drafted", "submitted", "signed", "closed"}, func(a *app, code string) {
			s := &referencev1.RequestSummary{State: code, Regime: "archival", Topic: "pay"}
			a.printf("%s\n", a.requestRow(s))
			a.request(&referencev1.GetRequestResponse{Request: s})
		}},
		"regime": {requestRegimes, []string{"archival", "information", "petition"}, func(a *app, code string) {
			s := &referencev1.RequestSummary{State: "closed", Regime: code, Topic: "pay"}
			a.printf("%s\n", a.requestRow(s))
			a.request(&referencev1.GetRequestResponse{Request: s})
		}},
		"topic": {requestTopics, []string{"work_record", "pay", "award", "repression", "land", "other"}, func(a *app, code string) {
			a.printf("%s\n", a.requestRow(&referencev1.RequestSummary{State: "closed", Regime: "archival", Topic: code}))
		}},
		"paper": {paperKinds, []string{"certificate", "copy", "extract", "negative", "answer", "refusal", "forwarded", "published"}, func(a *app, code string) {
			a.request(&referencev1.GetRequestResponse{Request: &referencev1.RequestSummary{State: "closed", Regime: "archival"}, Papers: []*referencev1.Paper{{Kind: code, State: "signed"}}})
		}},
		"paper's state": {paperStates, []string{"submitted", "returned", "signed"}, func(a *app, code string) {
			a.request(&referencev1.GetRequestResponse{Request: &referencev1.RequestSummary{State: "closed", Regime: "archival"}, Papers: []*referencev1.Paper{{Kind: "copy", State: code}}})
		}},
		"signer": {signerStates, []string{"invited", "enrolled", "revoked"}, func(a *app, code string) { a.signers([]*referencev1.Signer{{State: code}}) }},
		"need": {transferNeeds, []string{"reason", "consent", "liquidated_on", "giver", "document", "document_date", "protocol", "country", "agreement", "holder"}, func(a *app, code string) {
			a.printf("%s\n", a.word(transferNeeds, code))
		}},
	} {
		for _, lang := range []string{"kk", "ru"} {
			all := shown(lang, c.of, c.show)
			for _, code := range c.codes {
				if strings.TrimSpace(all[code]) == "" {
					t.Errorf("%s: %s has no words", field, code)
				}
			}
			for code, text := range all {
				if !slices.Contains(c.codes, code) {
					t.Errorf("%s: nothing says %s", field, code)
				}
				if found := slices.DeleteFunc(latin.FindAllString(text, -1), func(s string) bool { return s == "SHA" || s == "OCFL" }); len(found) > 0 {
					t.Errorf("%s %s in %s: %q in\n%s", field, code, lang, found, text)
				}
			}
			seen := make(map[string]bool)
			for _, text := range all {
				seen[text] = true
			}
			if len(seen) < len(all) {
				t.Errorf("%s in %s: two codes read alike", field, lang)
			}
		}
		for code, w := range c.of {
			if w.en == "" || w.ru == "" || w.kk == "" {
				t.Errorf("%s %s: a language has no words", field, code)
			}
		}
	}
}

func TestSizesAreInThePersonsUnits(t *testing.T) {
	for lang, want := range map[string]string{"kk": "34,5 МБ", "ru": "34,5 МБ", "en": "34.5 MB"} {
		if got := (&app{lang: lang}).size(34_500_000); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

func TestARuleIsSaidByItsActAndEdition(t *testing.T) {
	for _, c := range []struct{ rule, basis, want string }{
		{"transfer.early@1", "приказ № 235", "приказ № 235, редакция 1"},
		{"transfer.early@2", "", "редакция 2"},
		{"", "приказ № 235", "приказ № 235"},
		{"", "", ""},
	} {
		if got := (&app{lang: "ru"}).ruleWords(c.rule, c.basis); got != c.want {
			t.Errorf("%q: %q, want %q", c.rule, got, c.want)
		}
	}
}
