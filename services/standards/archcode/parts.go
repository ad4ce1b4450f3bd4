package archcode

import (
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// ParseFonds reads a fonds number alone, as a form has a field for it: Р-1109, ЛС-14, 12.
// Errors as [Parse]; anything beside the number is [NotCode].
func ParseFonds(text string) (FondsNumber, error) {
	c, err := alone("Ф. ", text, FondsLevel)
	return c.Fonds, err
}

// ParseInventory reads an inventory number alone: 2, 2лс.
func ParseInventory(text string) (InventoryNumber, error) {
	c, err := alone("Ф. 1. Оп. ", text, InventoryLevel)
	return c.Inventory, err
}

// ParseFile reads a file number alone: 345, 345а.
func ParseFile(text string) (FileNumber, error) {
	c, err := alone("Ф. 1. Оп. 1. Д. ", text, FileLevel)
	return c.File, err
}

// alone reads text as the one part that the label before it announces. Text that goes on
// to further parts is refused, so that "2. Д. 3" is no inventory number.
func alone(label, text string, level Level) (Code, error) {
	tokens, ok := lex(text)
	if !ok || len(tokens) == 0 || len(text) > maxInput-len(label) {
		return Code{}, NotCode.With("text", clip.Runes(text, maxShown))
	}
	c, err := Parse(label + text)
	if f := fault.Of(err); f != nil {
		f.Args["text"] = clip.Runes(text, maxShown) // what the person typed, without our label
		return Code{}, f
	}
	if c.Level() != level || len(c.Leaves) > 0 || c.Archive != "" {
		return Code{}, NotCode.With("text", clip.Runes(text, maxShown))
	}
	return c, nil
}
