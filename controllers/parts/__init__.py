"""What several programs share: leaders' halves, price steps, local problems."""
