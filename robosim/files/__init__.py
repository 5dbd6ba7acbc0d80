"""Reading and writing, once for all worlds: text with positions, complaints, archives of arrays, the record folder."""
