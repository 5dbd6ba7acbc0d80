"""Planning as time goes on: who is plugged in agrees anew on what is left, again and again."""
