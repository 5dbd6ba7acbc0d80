"""Roads and freight as plain data: instances, the paper's generator, drawn and real networks; no missions."""
