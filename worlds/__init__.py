"""The bundled worlds: each TOML file here is a runnable, commented example."""
