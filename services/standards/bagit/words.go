package bagit

// settle puts the findings into words, sorted and bounded, warnings apart.
func (j *judge) settle() {
	most := j.opts.Limits.Faults
	j.report.Faults = j.found.faults.inWords(most)
	j.report.Warnings = j.found.warnings.inWords(most)
	for _, w := range j.unlike {
		if len(j.report.Warnings) >= most {
			break
		}
		j.report.Warnings = append(j.report.Warnings, w)
	}
}
