package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWrongUseIsSaidInThePersonsLanguage: what the library says in English is said in Kazakh and Russian too, and ends with 2; so is
// what the disk does not give, which ends with 1 where it is found in the midst of the work.
func TestWrongUseIsSaidInThePersonsLanguage(t *testing.T) {
	dir := t.TempDir()
	nowhere := filepath.Join(dir, "nowhere")
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args   []string
		exit   int
		kk, ru string
	}{
		"too few":           {[]string{"transfer", "validate"}, 2, "аргумент саны: 1, берілгені: 0", "принимает аргументов: 1, дано: 0"},
		"none at all":       {[]string{"identify"}, 2, "кемінде 1 аргумент", "не меньше 1, дано: 0"},
		"flag":              {[]string{"identify", "--bogus", dir}, 2, "--bogus жалаушасы жоқ", "нет флага --bogus"},
		"short flag":        {[]string{"identify", "-b", dir}, 2, "жалаушасы жоқ", "нет флага"},
		"required":          {[]string{"package", "create", "--from", dir}, 2, "көрсету керек: \"to\"", "нужно указать флаги: \"to\""},
		"without a value":   {[]string{"identify", dir, "--signatures"}, 2, "--signatures жалаушасына мән керек", "флагу --signatures нужно значение"},
		"no value":          {[]string{"bench", "intake", "--files", "x"}, 2, "\"x\" – --files жалаушасының мәні емес", "\"x\" – не значение флага --files"},
		"together":          {[]string{"package", "create", "--from", dir, "--to", nowhere, "--eark"}, 2, "жетпейтіні: label", "не хватает: label"},
		"one of":            {[]string{"package", "create", "--from", dir, "--to", nowhere, "--zip", "--tar"}, 2, "біреуін ғана", "только один из флагов"},
		"no command":        {[]string{"package", "creat"}, 2, "creat» деген пәрмен жоқ", "нет команды «creat»"},
		"without a command": {[]string{"object"}, 2, "пәрменді көрсетіңіз", "укажите команду"},
		"no arguments":      {[]string{"package", "create", dir, nowhere}, 2, "«" + dir + "» артық", "«" + dir + "» лишнее"},
		"no label":          {[]string{"package", "create", "--from", dir, "--to", nowhere, "--info", "Foo"}, 2, "--info Белгі=мән түрінде", "--info пишется как Метка=значение"},
		"no data":           {[]string{"check", "--data", ""}, 2, "қалтаны --data арқылы", "укажите папку через --data"},
		"no log":            {[]string{"serve", "--data", dir, "--log", "xml"}, 2, "--log мәні text не json", "--log – это text или json"},
		"no proxy":          {[]string{"serve", "--data", dir, "--trusted-proxy", "x"}, 2, "«x» мекенжай да, желі де емес", "«x» – не адрес и не сеть"},
		"no archive":        {[]string{"transfer", "kinds"}, 2, "архивті --server не --data", "укажите архив через --server"},
		"no role":           {[]string{"transfer", "kinds", "--data", dir, "--role", "x"}, 2, "«x» деген рөл жоқ; барлары: clerk", "нет роли «x»; есть: clerk"},
		"no key":            {[]string{"verify", filepath.Join(dir, "a")}, 2, "архивтің кілтін --key", "укажите ключ архива через --key"},
		"no size":           {[]string{"bench", "intake", "--files", "0"}, 2, "--large мен --files нөлден үлкен", "--large и --files больше нуля"},
		"unread act":        {[]string{"accession", "sign", "2026-1", "archive", "--data", nowhere}, 2, "--sha256 арқылы оқылған актінің", "--sha256 укажите SHA-256 прочитанного акта"},
		"no digest":         {[]string{"accession", "sign", "2026-1", "archive", "--sha256", "abc", "--data", nowhere}, 2, "«abc» SHA-256 емес", "«abc» – не SHA-256"},
		"no settings":       {[]string{"serve", "--config", filepath.Join(dir, "a")}, 1, "онда ештеңе жоқ; оны түзетіңіз", "в нём ничего нет; исправьте его"},
		"settings nowhere":  {[]string{"serve", "--config", nowhere}, 1, "мұндай файл не қалта жоқ", "такого файла или папки нет"},
		"no folder":         {[]string{"object", "validate", filepath.Join(dir, "a")}, 1, "бұл қалта емес", "это не папка"},
		"no package":        {[]string{"transfer", "validate", nowhere}, 1, "қалта жоқ; атын", "папки нет; проверьте"},
		"no object":         {[]string{"object", "validate", nowhere}, 1, "қалта жоқ; атын", "папки нет; проверьте"},
		"no object to take": {[]string{"object", "export", nowhere, "--to", filepath.Join(dir, "to")}, 1, "қалта жоқ; атын", "папки нет; проверьте"},
	} {
		for lang, says := range map[string]string{"kk": c.kk, "ru": c.ru} {
			var out, errOut bytes.Buffer
			if exit := Main(append([]string{"--lang", lang}, c.args...), &out, &errOut); exit != c.exit || !strings.Contains(errOut.String(), says) {
				t.Errorf("%s in %s: %d, %s; want %d with %s", name, lang, exit, errOut.String(), c.exit, says)
			}
		}
	}
}

// TestWrongUseBeforeTheLanguage: --lang and --json are heard wherever they stand, also behind what is wrong.
func TestWrongUseBeforeTheLanguage(t *testing.T) {
	for _, lang := range [][]string{{"--lang", "ru"}, {"--lang=ru"}} {
		var out, errOut bytes.Buffer
		args := append(append([]string{"identify", "--bogus", "a"}, lang...), "--json")
		if exit := Main(args, &out, &errOut); exit != 2 || !strings.HasPrefix(errOut.String(), `{"error":`) || !strings.Contains(errOut.String(), "нет флага --bogus; см. --help") {
			t.Errorf("%v: %d, %s", args, exit, &errOut)
		}
	}
}
