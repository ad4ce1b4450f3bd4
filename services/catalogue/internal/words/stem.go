package words

import (
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/russian"
)

// russianStem is Snowball's stem, but a word in -ив or -ыв stays whole. Snowball takes
// these for gerunds (получив), which titles hardly have, and so parts архив (арх) from
// архива (архив); likewise коллектив, кооператив, созыв, отзыв.
func russianStem(word string) string {
	if strings.HasSuffix(word, "ив") || strings.HasSuffix(word, "ыв") {
		return word
	}
	env := snowballstem.NewEnv(word)
	russian.Stem(env)
	return env.Current()
}

func englishStem(word string) string {
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}
