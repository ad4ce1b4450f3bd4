package citizen

import (
	"slices"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
)

// topic is what somebody needs, as the first screen asks, with the questions that matter for it.
type topic struct {
	code string
	// What it means to the service: its topic, and the wish where the topic does not say it.
	topic, wish string
	about       []string // questions of the second screen
	needed      []string // those of them that must be answered
	proof       []string // questions of the third screen, besides those that all have
}

// maxFields is how many questions nobody is asked more of, over all screens (ux).
const maxFields = 12

// topics in the order in which they are offered. Whoever asks for another person is asked for
// their own name as well (AI-11.8); the individual identification number is asked where
// 401-V asks it (AI-11.5), and nowhere else.
var topics = []topic{
	{
		code: "work_record", topic: "work_record",
		about:  []string{"whom", "name", "former", "birth", "org", "years", "details"},
		needed: []string{"whom", "name", "org", "years"}, proof: []string{"phone"},
	},
	{
		code: "pay", topic: "pay",
		about:  []string{"whom", "name", "former", "birth", "org", "years", "details"},
		needed: []string{"whom", "name", "org", "years"}, proof: []string{"phone"},
	},
	{
		code: "award", topic: "award",
		about:  []string{"whom", "name", "former", "birth", "org", "years", "details"},
		needed: []string{"whom", "name", "details"}, proof: []string{"phone"},
	},
	{
		code: "repression", topic: "repression",
		about:  []string{"whom", "name", "former", "birth", "org", "years", "details"},
		needed: []string{"whom", "name"}, proof: []string{"phone"},
	},
	{
		code: "land", topic: "land",
		about:  []string{"whom", "name", "org", "years", "details"},
		needed: []string{"whom", "name", "details"}, proof: []string{"phone"},
	},
	{
		code: "document", topic: "other", wish: "copy",
		about:  []string{"whom", "name", "org", "years", "details"},
		needed: []string{"whom", "name", "details"}, proof: []string{"phone"},
	},
	{
		code: "information", topic: "other", wish: "information",
		about:  []string{"details", "whom", "name"},
		needed: []string{"details", "whom", "name"}, proof: []string{"iin", "phone"},
	},
	{
		code: "petition", topic: "other", wish: "petition",
		about:  []string{"details", "whom", "name"},
		needed: []string{"details", "whom", "name"}, proof: []string{"phone"},
	},
}

// whoms are those for whom somebody may ask: themselves, or another by one of the authorities
// that the archive records (AI-11.8).
var whoms = []string{"self", "heir", "parent", "guardian", "power_of_attorney", "advocate", "other"}

func topicOf(code string) (topic, bool) {
	i := slices.IndexFunc(topics, func(t topic) bool { return t.code == code })
	if i < 0 {
		return topic{}, false
	}
	return topics[i], true
}

func (t topic) facts() *referencev1.RegimeFacts {
	return &referencev1.RegimeFacts{Topic: t.topic, Wish: t.wish}
}

// fields are the questions of a screen (1 to 3), for somebody who asks for themselves or for
// another.
func (t topic) fields(screen int, another bool) []string {
	switch screen {
	case 1:
		return []string{"topic"}
	case 2:
		return t.about
	case 3:
		own := []string{"language", "delivery", "contact"}
		room := maxFields - 1 - len(t.about) - len(own)
		if another {
			own = append(own, "own")
			room--
		}
		return append(own, t.proof[:min(room, len(t.proof))]...)
	}
	return nil
}

// must tells whether a question has to be answered.
func (t topic) must(field string) bool {
	switch field {
	case "topic", "language", "delivery", "contact", "own":
		return true
	}
	return slices.Contains(t.needed, field)
}
