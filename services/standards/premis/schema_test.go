package premis

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// order is what the schema premis.xsd 3.0 says of the elements that are written here: the
// children of each, in their order, with ! (exactly one), ? (at most one), + (one or
// more), * (any number). An element without an entry holds a text.
var order = map[string]string{
	"premis":                             "object+ event* agent* rights*",
	"object":                             "objectIdentifier+ objectCharacteristics* originalName? storage* relationship* linkingEventIdentifier* linkingRightsStatementIdentifier*",
	"objectIdentifier":                   "objectIdentifierType! objectIdentifierValue!",
	"objectCharacteristics":              "fixity* size? format+",
	"fixity":                             "messageDigestAlgorithm! messageDigest! messageDigestOriginator?",
	"format":                             "formatDesignation? formatRegistry? formatNote*",
	"formatDesignation":                  "formatName! formatVersion?",
	"formatRegistry":                     "formatRegistryName! formatRegistryKey! formatRegistryRole?",
	"storage":                            "contentLocation? storageMedium?",
	"contentLocation":                    "contentLocationType! contentLocationValue!",
	"relationship":                       "relationshipType! relationshipSubType! relatedObjectIdentifier+ relatedEventIdentifier*",
	"relatedObjectIdentifier":            "relatedObjectIdentifierType! relatedObjectIdentifierValue!",
	"relatedEventIdentifier":             "relatedEventIdentifierType! relatedEventIdentifierValue!",
	"linkingEventIdentifier":             "linkingEventIdentifierType! linkingEventIdentifierValue!",
	"linkingRightsStatementIdentifier":   "linkingRightsStatementIdentifierType! linkingRightsStatementIdentifierValue!",
	"event":                              "eventIdentifier! eventType! eventDateTime! eventDetailInformation* eventOutcomeInformation* linkingAgentIdentifier* linkingObjectIdentifier*",
	"eventIdentifier":                    "eventIdentifierType! eventIdentifierValue!",
	"eventDetailInformation":             "eventDetail?",
	"eventOutcomeInformation":            "eventOutcome? eventOutcomeDetail*",
	"eventOutcomeDetail":                 "eventOutcomeDetailNote?",
	"linkingAgentIdentifier":             "linkingAgentIdentifierType! linkingAgentIdentifierValue! linkingAgentRole*",
	"linkingObjectIdentifier":            "linkingObjectIdentifierType! linkingObjectIdentifierValue! linkingObjectRole*",
	"agent":                              "agentIdentifier+ agentName* agentType? agentVersion? agentNote* linkingEventIdentifier* linkingRightsStatementIdentifier*",
	"agentIdentifier":                    "agentIdentifierType! agentIdentifierValue!",
	"rights":                             "rightsStatement+",
	"rightsStatement":                    "rightsStatementIdentifier! rightsBasis! copyrightInformation? licenseInformation? statuteInformation* otherRightsInformation? rightsGranted* linkingObjectIdentifier* linkingAgentIdentifier*",
	"rightsStatementIdentifier":          "rightsStatementIdentifierType! rightsStatementIdentifierValue!",
	"copyrightInformation":               "copyrightStatus! copyrightJurisdiction! copyrightStatusDeterminationDate? copyrightNote* copyrightApplicableDates?",
	"licenseInformation":                 "licenseDocumentationIdentifier* licenseTerms? licenseNote* licenseApplicableDates?",
	"licenseDocumentationIdentifier":     "licenseDocumentationIdentifierType! licenseDocumentationIdentifierValue! licenseDocumentationRole?",
	"statuteInformation":                 "statuteJurisdiction! statuteCitation! statuteInformationDeterminationDate? statuteNote* statuteDocumentationIdentifier* statuteApplicableDates?",
	"statuteDocumentationIdentifier":     "statuteDocumentationIdentifierType! statuteDocumentationIdentifierValue! statuteDocumentationRole?",
	"otherRightsInformation":             "otherRightsDocumentationIdentifier* otherRightsBasis! otherRightsApplicableDates? otherRightsNote*",
	"otherRightsDocumentationIdentifier": "otherRightsDocumentationIdentifierType! otherRightsDocumentationIdentifierValue! otherRightsDocumentationRole?",
	"rightsGranted":                      "act! restriction* termOfGrant? termOfRestriction? rightsGrantedNote*",
	"copyrightApplicableDates":           "startDate! endDate?",
	"licenseApplicableDates":             "startDate! endDate?",
	"statuteApplicableDates":             "startDate! endDate?",
	"otherRightsApplicableDates":         "startDate! endDate?",
	"termOfGrant":                        "startDate! endDate?",
	"termOfRestriction":                  "startDate! endDate?",
}

// outOfOrder says where a document departs from the schema's order, or nothing.
func outOfOrder(raw []byte) string {
	d := xml.NewDecoder(bytes.NewReader(raw))
	type open struct {
		name     string
		children []string
	}
	var stack []open
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return ""
		}
		if err != nil {
			return err.Error()
		}
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Space != Namespace {
				return "another namespace: " + t.Name.Space
			}
			if len(stack) > 0 {
				stack[len(stack)-1].children = append(stack[len(stack)-1].children, t.Name.Local)
			}
			stack = append(stack, open{name: t.Name.Local})
		case xml.EndElement:
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if why := wrongChildren(last.name, last.children); why != "" {
				return why
			}
		}
	}
}

func wrongChildren(name string, children []string) string {
	model, container := order[name]
	if !container && len(children) > 0 {
		return name + " may hold only a text"
	}
	rest := children
	for part := range strings.FieldsSeq(model) {
		want, how := part[:len(part)-1], part[len(part)-1]
		n := 0
		for len(rest) > 0 && rest[0] == want {
			rest, n = rest[1:], n+1
		}
		if n == 0 && (how == '!' || how == '+') || n > 1 && (how == '!' || how == '?') {
			return fmt.Sprintf("%s: %d × %s in %q", name, n, want, children)
		}
	}
	if len(rest) > 0 {
		return fmt.Sprintf("%s: %q stands out of order in %q", name, rest[0], children)
	}
	return ""
}
