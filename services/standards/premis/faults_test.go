package premis

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestEveryRuleHasADocumentThatBreaksIt(t *testing.T) {
	// change says what is wrong in a sound document's values.
	change := map[string]func(d *Document){
		"bad_text event[1] journal 17":                         func(d *Document) { d.Events[0].Detail = "a\x00b" },
		"no_identifier object[2]":                              func(d *Document) { d.Objects[1].IDs = nil },
		"no_identifier agent[1]":                               func(d *Document) { d.Agents[0].IDs[0].Value = "" },
		"identifier_repeated object[2] local data/хаттама.pdf": func(d *Document) { d.Objects[1].IDs[0] = d.Objects[0].IDs[0] },
		"half_link event[1] journal 17":                        func(d *Document) { d.Events[0].Agents[0].Type = "" },
		"bad_date event[1] journal 17":                         func(d *Document) { d.Events[0].At = "2026-02-30" },
		"period rights[1] local law":                           func(d *Document) { d.Rights[0].Granted[0].Term = Period{"2027", "2026"} },
		"no_object premis":                                     func(d *Document) { d.Objects = nil },
		"category object[2] accession 2026-1":                  func(d *Document) { d.Objects[1].Category = "folder" },
		"misplaced object[2] accession 2026-1":                 func(d *Document) { d.Objects[1].Size = 5 },
		"half_fixity object[1] local data/хаттама.pdf":         func(d *Document) { d.Objects[0].Fixity[0].Digest = "" },
		"digest object[1] local data/хаттама.pdf":              func(d *Document) { d.Objects[0].Fixity[0].Digest = "zz" },
		"size object[1] local data/хаттама.pdf":                func(d *Document) { d.Objects[0].Size = -5 },
		"no_format object[1] local data/хаттама.pdf":           func(d *Document) { d.Objects[0].Formats = nil },
		"half_format object[1] local data/хаттама.pdf":         func(d *Document) { d.Objects[0].Formats[0].Registry = "" },
		"puid object[1] local data/хаттама.pdf":                func(d *Document) { d.Objects[0].Formats[0].Key = "pdf" },
		"half_storage object[1] local data/хаттама.pdf":        func(d *Document) { d.Objects[0].Storage[0].Location = "" },
		"half_relationship object[1] local data/хаттама.pdf":   func(d *Document) { d.Objects[0].Relationships[0].Objects = nil },
		"no_event_type event[1] journal 17":                    func(d *Document) { d.Events[0].Type = "" },
		"no_event_date event[1] journal 17":                    func(d *Document) { d.Events[0].At = "" },
		"outcome event[1] journal 17":                          func(d *Document) { d.Events[0].Outcomes[0] = Outcome{} },
		"no_basis rights[1] local law":                         func(d *Document) { d.Rights[0].Basis = "" },
		"basis_without rights[1] local law":                    func(d *Document) { d.Rights[0].Statutes = nil },
		"half_rights rights[1] local law":                      func(d *Document) { d.Rights[0].Copyright.Status = "" },
	}
	warned := map[string]func(d *Document){
		"unknown_link event[1] journal 17":           func(d *Document) { d.Events[0].Objects[0].Value = "elsewhere" },
		"no_fixity object[1] local data/хаттама.pdf": func(d *Document) { d.Objects[0].Fixity = nil },
		"event_type event[1] journal 17":             func(d *Document) { d.Events[0].Type = "blessing" },
		"no_agent_name agent[1] local qoyma":         func(d *Document) { d.Agents[0].Names = nil },
		"agent_type agent[1] local qoyma":            func(d *Document) { d.Agents[0].Type = "robot" },
	}
	// written says what is wrong in the XML.
	const head = `<premis xmlns="http://www.loc.gov/premis/v3" version="3.0">`
	written := map[string]string{
		"not_xml premis":    head,
		"doctype premis":    `<!DOCTYPE premis>` + head + `</premis>`,
		"too_big premis":    head + strings.Repeat(" ", 4000) + `</premis>`,
		"too_deep premis":   head + strings.Repeat("<object>", 40) + strings.Repeat("</object>", 40) + `</premis>`,
		"too_many premis":   head + strings.Repeat("<agent/>", 30) + `</premis>`,
		"not_premis premis": `<premis xmlns="info:lc/xmlns/premis-v2" version="2.2"/>`,
		"version premis":    `<premis xmlns="http://www.loc.gov/premis/v3" version="2.0"/>`,
		"repeated premis":   head + `<event><eventType>ingestion</eventType><eventType>deletion</eventType></event></premis>`,
		"hollow premis":     head + `<rights/></premis>`,
		"more_faults ":      head + strings.Repeat("<event/>", 15) + `</premis>`,
	}
	covered := map[string]bool{"premis.ignored": true} // has a test of its own
	check := func(want string, r *Report, warning bool) {
		t.Helper()
		among := r.Faults
		if warning {
			among = r.Warnings
		}
		if !slices.Contains(said(among), want) || r.Valid() != warning {
			t.Errorf("want %q among %q", want, said(among))
		}
		code, _, _ := strings.Cut(want, " ")
		covered["premis."+code] = true
	}
	for want, do := range change {
		d := sound()
		do(d)
		check(want, Check(d), false)
	}
	for want, do := range warned {
		d := sound()
		do(d)
		check(want, Check(d), true)
	}
	for want, text := range written {
		_, r, err := Decode(strings.NewReader(text), Limits{Bytes: 2000, Entities: 20, Faults: 10})
		if err != nil {
			t.Fatal(err)
		}
		check(want, r, false)
	}
	for _, r := range Rules() {
		if !covered[r.Code] {
			t.Errorf("no test breaks %s", r.Code)
		}
	}
}

// What the schema lets stand once is a fault where it stands twice, and so is a container
// of nothing, at its line; what was said twice is still read.
func TestWhatStandsOnceAndWhatHoldsNothing(t *testing.T) {
	const head = "<premis xmlns=\"http://www.loc.gov/premis/v3\" version=\"3.0\">\n"
	for text, want := range map[string]string{
		"<object><originalName>a</originalName>\n<originalName>b</originalName></object>":                                                                     "3 object/originalName",
		"<object><objectCharacteristics><size>1</size>\n<size>2</size></objectCharacteristics></object>":                                                      "3 objectCharacteristics/size",
		"<object><objectIdentifier><objectIdentifierType>a</objectIdentifierType><objectIdentifierType>b</objectIdentifierType></objectIdentifier></object>":  "2 objectIdentifier/objectIdentifierType",
		"<object><objectCharacteristics><fixity><messageDigest>aa</messageDigest><messageDigest>bb</messageDigest></fixity></objectCharacteristics></object>": "2 fixity/messageDigest",
		"<object><objectCharacteristics><format><formatDesignation/></format></objectCharacteristics></object>":                                               "2 format/formatDesignation",
		"<object><storage><contentLocation/></storage></object>":                                                                                              "2 storage/contentLocation",
		"<event><eventDetailInformation><eventDetail/><eventDetail/></eventDetailInformation></event>":                                                        "2 eventDetailInformation/eventDetail",
		"<event><eventOutcomeInformation><eventOutcomeDetail/></eventOutcomeInformation></event>":                                                             "2 eventOutcomeInformation/eventOutcomeDetail",
		"<event><eventIdentifier/><eventIdentifier/></event>":                                                                                                 "2 event/eventIdentifier",
		"<agent><agentType>person</agentType><agentType>software</agentType></agent>":                                                                         "2 agent/agentType",
		"<rights><rightsStatement><licenseInformation/><licenseInformation/></rightsStatement></rights>":                                                      "2 rightsStatement/licenseInformation",
		"<rights><rightsStatement><rightsGranted><termOfGrant/></rightsGranted></rightsStatement></rights>":                                                   "2 rightsGranted/termOfGrant",
	} {
		_, r, err := Decode(strings.NewReader(head+text+"</premis>"), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range r.Faults {
			if errors.Is(f.Fault, Repeated.Definition) || errors.Is(f.Fault, Hollow.Definition) {
				got = append(got, f.Fault.Args["line"]+" "+f.Fault.Args["unit"])
			}
		}
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	const allowed = head + "<event><eventDetailInformation/><eventOutcomeInformation><eventOutcome>success</eventOutcome><eventOutcomeDetail><eventOutcomeDetailExtension/></eventOutcomeDetail></eventOutcomeInformation></event><rights><rightsExtension/></rights></premis>"
	_, r, err := Decode(strings.NewReader(allowed), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Faults {
		if errors.Is(f.Fault, Repeated.Definition) || errors.Is(f.Fault, Hollow.Definition) {
			t.Errorf("the schema allows it: %v", f.Fault)
		}
	}
}
