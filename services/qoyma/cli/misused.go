package cli

import (
	"regexp"
	"strings"
)

// misuses are what the library says of a command line, for people: $1 and $2 stand for what the pattern found.
var misuses = []struct {
	said *regexp.Regexp
	text
}{
	{regexp.MustCompile(`^accepts (\d+) arg\(s\), received (\d+)$`), text{"the command takes $1 arguments, $2 were given", "команда принимает аргументов: $1, дано: $2", "пәрмен қабылдайтын аргумент саны: $1, берілгені: $2"}},
	{regexp.MustCompile(`^accepts at most (\d+) arg\(s\), received (\d+)$`), text{"the command takes at most $1 arguments, $2 were given", "команда принимает аргументов не больше $1, дано: $2", "пәрмен ең көбі $1 аргумент қабылдайды, берілгені: $2"}},
	{regexp.MustCompile(`^requires at least (\d+) arg\(s\), only received (\d+)$`), text{"the command takes at least $1 arguments, $2 were given", "команда принимает аргументов не меньше $1, дано: $2", "пәрмен кемінде $1 аргумент қабылдайды, берілгені: $2"}},
	{regexp.MustCompile(`^unknown (?:shorthand )?flag: (.+)$`), text{"there is no flag $1", "нет флага $1", "$1 жалаушасы жоқ"}},
	{regexp.MustCompile(`(?s)^unknown command "(.*?)" for "(.*?)"`), text{"$2 takes flags only, so “$1” is one word too many", "$2 принимает только флаги: «$1» лишнее", "$2 тек жалаушалар қабылдайды: «$1» артық"}},
	{regexp.MustCompile(`^required flag\(s\) (.+) not set$`), text{"these flags must be given: $1", "нужно указать флаги: $1", "мына жалаушаларды көрсету керек: $1"}},
	{regexp.MustCompile(`^flag needs an argument: (.+)$`), text{"the flag $1 needs a value", "флагу $1 нужно значение", "$1 жалаушасына мән керек"}},
	{regexp.MustCompile(`(?s)^invalid argument (".*") for "(.+?)" flag: .*$`), text{"$1 is no value of the flag $2", "$1 – не значение флага $2", "$1 – $2 жалаушасының мәні емес"}},
	{regexp.MustCompile(`^if any flags in the group \[(.+)\] are set they must all be set; missing \[(.+)\]$`), text{"the flags $1 go together; $2 is missing", "флаги $1 указываются вместе; не хватает: $2", "$1 жалаушалары бірге көрсетіледі; жетпейтіні: $2"}},
	{regexp.MustCompile(`^if any flags in the group \[(.+)\] are set none of the others can be; \[.+\] were all set$`), text{"only one of the flags $1 can be given", "можно указать только один из флагов: $1", "мына жалаушалардың біреуін ғана көрсетуге болады: $1"}},
}

// misused is what is wrong with a command line, in the person's language; what the library says otherwise stays as it is.
func misused(err error) any {
	said := strings.TrimSpace(err.Error())
	for _, m := range misuses {
		if found := m.said.FindStringSubmatchIndex(said); found != nil {
			fill := func(words string) string { return string(m.said.ExpandString(nil, words, said, found)) }
			return text{fill(m.en), fill(m.ru), fill(m.kk)}.fault()
		}
	}
	return said
}
