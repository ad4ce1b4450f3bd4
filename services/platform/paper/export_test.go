package paper

// Drawable tells whether one of the fonts has the character.
func Drawable(r rune, style string) bool {
	_, drawn := pickFont(r, style)
	return drawn == r
}
