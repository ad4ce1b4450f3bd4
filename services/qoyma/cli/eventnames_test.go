package cli

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// parts are messages of the event files that are parts of events, not events.
var parts = []string{
	"Contact", "PackageFault", "ContentFile", "DuplicateFile", "ObjectHistory", "ObjectBag", "AcceptedFile", "CataloguedFile", "InsuredFile", "CopiedFile", "Microform", "Check", "Person", "PasswordHash",
	"Submission", "Applicant", "Duty", "IdentityNote", "Quotation", "Words", "AnswerContent", "Fact", "Citation", "SignerName", "KeyDerivation",
	"TransferGround", "Undescribed", "Giver", "EArkPackage", "UnitFinding", "Explanations", "Explainer", "ReturnedRow", "Box", "HandSignature", "DeaccessionAct", "DescriptionAct", "FileLeft",
}

// TestEveryEventHasWords: a timeline is read by people.
func TestEveryEventHasWords(t *testing.T) {
	seen := 0
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(f.Path(), "qoyma/") || !strings.HasSuffix(f.Path(), "events.proto") {
			return true
		}
		for i := range f.Messages().Len() {
			name := string(f.Messages().Get(i).Name())
			if slices.Contains(parts, name) || strings.HasSuffix(name, "Title") {
				continue
			}
			seen++
			if w := eventNames[name]; w.en == "" || w.ru == "" || w.kk == "" {
				t.Errorf("%s has no words in all three languages", f.Messages().Get(i).FullName())
			}
		}
		return true
	})
	if seen < 20 {
		t.Errorf("only %d events were found", seen)
	}
}

// TestEveryRoleHasWords: the demonstration lists its accounts for people.
func TestEveryRoleHasWords(t *testing.T) {
	for _, role := range personRoles() {
		for _, lang := range []fault.Language{fault.Kazakh, fault.Russian} {
			a := &app{lang: string(lang)}
			if a.roleWords(string(role)) == string(role) {
				t.Errorf("role %s has no words in %s", role, lang)
			}
		}
	}
}
