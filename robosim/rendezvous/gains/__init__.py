"""What one selfish robot can gain: in closed form, exactly, within limits, and as a script that earns it."""
