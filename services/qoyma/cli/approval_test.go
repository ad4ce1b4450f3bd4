package cli

import (
	"testing"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
)

// TestAnEmptyReasonApprovesNothing: whoever says --decline declines, whatever stands behind it.
func TestAnEmptyReasonApprovesNothing(t *testing.T) {
	protocol := []string{"--commission", "ЭПК", "--protocol", "7", "--date", "2026-11-20"}
	for _, test := range []struct {
		flags []string
		want  *intakev1.DecideApprovalRequest
	}{
		{protocol, &intakev1.DecideApprovalRequest{Approve: true, Protocol: &recordv1.Protocol{Commission: "ЭПК", Number: "7", Date: "2026-11-20"}}},
		{[]string{"--decline", "нет описи"}, &intakev1.DecideApprovalRequest{Reason: "нет описи"}},
		{append([]string{"--decline", ""}, protocol...), &intakev1.DecideApprovalRequest{}},
	} {
		c := new(cobra.Command)
		reason := c.Flags().String("decline", "", "")
		p := protocolFlags(c)
		if err := c.ParseFlags(test.flags); err != nil {
			t.Fatal(err)
		}
		if got := decisionOf(c, *reason, p); !proto.Equal(got, test.want) {
			t.Errorf("%q: %v, want %v", test.flags, got, test.want)
		}
	}
}
