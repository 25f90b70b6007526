"""What rewrites code: each module gives the edits of one kind of fix, or the reason why there is none."""
