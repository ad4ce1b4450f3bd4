package words

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// noun is one noun form of the treebank with its gold lemma, in lower case.
type noun struct{ form, lemma string }

// treebank reads the nouns of UD_Kazakh-KTB with the number of their tokens, from the
// shared data beside the checkout, which not everyone has.
func treebank(t *testing.T) map[noun]int {
	t.Helper()
	var files []string
	for _, up := range []string{"../../../../..", "../../../../../.."} { // a checkout, a worktree one deeper
		found, err := filepath.Glob(filepath.Join(up, "shared", "data", "kk", "*.conllu"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skip("no treebank: put UD_Kazakh-KTB .conllu files into ../shared/data/kk beside the checkout to measure the stemmer")
	}
	nouns := map[noun]int{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			column := strings.Split(lines.Text(), "\t")
			if len(column) < 5 || column[3] != "NOUN" && column[3] != "PROPN" {
				continue
			}
			form, lemma := Tokens(column[1]), Tokens(column[2])
			if len(form) == 1 && len(lemma) == 1 {
				nouns[noun{form[0].Text, lemma[0].Text}]++
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return nouns
}

// measure gives the share of noun tokens whose stem is their lemma's, and of the pairs
// of different forms with one stem the share that have one lemma.
func measure(nouns map[noun]int, stem func(string) string) (share, precision float64) {
	met, all := 0, 0
	byStem := map[string][]noun{}
	for n, count := range nouns {
		all += count
		if stem(n.form) == stem(n.lemma) {
			met += count
		}
		byStem[stem(n.form)] = append(byStem[stem(n.form)], n)
	}
	right, pairs := 0, 0
	for _, list := range byStem {
		for i, a := range list {
			for _, b := range list[i+1:] {
				if a.form == b.form {
					continue
				}
				pairs++
				if a.lemma == b.lemma {
					right++
				}
			}
		}
	}
	return float64(met) / float64(all), float64(right) / float64(pairs)
}

func TestKazakhStemmerOnTheTreebank(t *testing.T) {
	nouns := treebank(t)
	share, precision := measure(nouns, kazakh)
	exact, _ := measure(nouns, func(s string) string { return s })
	maimed, _ := measure(nouns, russianStem)
	t.Logf("%d distinct nouns: %.3f of forms meet their lemma at %.3f pair precision; exact %.3f, by a Russian stemmer %.3f",
		len(nouns), share, precision, exact, maimed)
	if share < 0.93 || precision < 0.975 {
		t.Errorf("share %.3f (want ≥ 0.93) at precision %.3f (want ≥ 0.975)", share, precision)
	}
	if exact > share-0.3 {
		t.Error("the treebank no longer tells a stemmer from none; look at the data")
	}
}

// The choice by token: a query whose language nothing tells must find Kazakh nouns as
// well as the Kazakh stemmer alone does, and bring hardly more that is foreign to them.
func TestUndecidedQueriesOnTheTreebank(t *testing.T) {
	nouns := treebank(t)
	index := map[string]map[string]bool{} // term → lemmas that stand under it
	for n := range nouns {
		for _, term := range Terms(Token{Text: n.form}, "kk") {
			if index[term] == nil {
				index[term] = map[string]bool{}
			}
			index[term][n.lemma] = true
		}
	}
	found, all, right, hits := 0, 0, 0, 0
	for n, count := range nouns {
		lemmas := map[string]bool{}
		for _, term := range Query(n.form)[0].Terms {
			for lemma := range index[term] {
				lemmas[lemma] = true
			}
		}
		all += count
		for _, term := range Query(n.lemma)[0].Terms {
			if stems := Terms(Token{Text: n.form}, "kk"); stems[0] == term {
				found += count
				break
			}
		}
		hits += len(lemmas)
		if lemmas[n.lemma] {
			right++
		}
	}
	share, precision := float64(found)/float64(all), float64(right)/float64(hits)
	t.Logf("query by lemma finds %.3f of noun tokens; %.3f of the lemmas met by a form are its own", share, precision)
	if share < 0.93 || precision < 0.97 {
		t.Errorf("share %.3f (want ≥ 0.93), precision %.3f (want ≥ 0.97)", share, precision)
	}
}
