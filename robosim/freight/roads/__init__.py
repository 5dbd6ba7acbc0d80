"""Roads, who ships what over them, and the files that say so."""
